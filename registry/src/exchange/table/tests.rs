use std::fmt::Write as _;
use std::io::Write as _;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::exchange::PART_BYTES_MAX;

fn rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
    let table = Table::of(bytes).unwrap();
    assert_eq!(table.malformed, []);
    let cells = |record: &StringRecord| record.iter().map(str::to_owned).collect();
    table.records.iter().map(|(line, record)| (*line, cells(record))).collect()
}

fn codes(file: &str) -> Vec<(u64, String)> {
    rows(file.as_bytes()).into_iter().map(|(line, cells)| (line, cells[0].clone())).collect()
}

fn refusal(file: &[u8]) -> String {
    Table::of(file).unwrap_err().to_string()
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    for (file, expected) in [
        ("code,lat,lon\na,1,2\nb,1,2\n", [2, 3]),
        ("code,lat,lon\r\na,1,2\r\nb,1,2\r\n", [2, 3]),
        ("code,lat,lon\ra,1,2\rb,1,2", [2, 3]),
        ("\u{feff}\n\ncode,lat,lon\n\n\na,1,2\n\nb,1,2", [6, 8]),
        ("\r\ncode,lat,lon\r\n\r\na,1,2\r\n,,\r\nb,1,2", [4, 6]),
        ("code,lat,lon\n\"a\",\"1\n\n\",2\nb,1,2\n", [2, 5]),
        ("code,lat,lon\r\n\"a\",\"1\r\n\r\n\",2\r\nb,1,2\r\n", [2, 5]),
    ] {
        let rows = codes(file);
        let expected = expected.into_iter().zip(["a", "b"].map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(rows, expected, "{file:?}");
    }
}

#[test]
fn semicolons_and_tabs_are_told_from_the_header_line() {
    for file in
        ["code;lat;lon\na,b;1;2", "code\tlon\tlat\na,b\t1\t2", "code,lat,lon\n\"a,b\",1,2", "code\n\"a,b\""]
    {
        assert_eq!(codes(file), [(2, "a,b".to_owned())], "{file:?}");
    }
}

#[test]
fn what_a_file_lists_is_told_from_its_header_line() {
    let table = [
        ("name,phone\n", Some(List::Volunteers)),
        ("\u{feff}\"Code\";kind;lat;lon\r\n", Some(List::Resources)),
        ("phone\tname", Some(List::Volunteers)),
        ("name,kind", Some(List::Organisations)),
        ("phone,code", None),
        ("telephone", None),
    ];
    for (header, list) in table {
        assert_eq!(Table::of(header.as_bytes()).unwrap().list().ok(), list, "{header:?}");
    }
}

#[test]
fn letters_are_read_in_utf_8_and_in_windows_1252() {
    let expected = [(2, vec!["Åke Öman".to_owned(), "50 €".to_owned()])];
    for file in [
        &b"name;note\n\xc5ke \xd6man;50 \x80\n"[..],
        "name;note\nÅke Öman;50 €\n".as_bytes(),
        "\u{feff}name\tnote\r\nÅke Öman\t50 €".as_bytes(),
    ] {
        assert_eq!(rows(file), expected, "{}", String::from_utf8_lossy(file));
    }
    let mixed = "line 3 is not UTF-8 as the rest of the file is; save the file as 'CSV UTF-8'";
    assert_eq!(refusal(b"name\n\xc3\x85ke\nk\xe5re\n"), mixed);
    assert_eq!(refusal(b"\xef\xbb\xbfname\nok\nk\xe5re\n"), mixed);
}

#[test]
fn a_file_that_is_no_list_gets_a_clear_answer() {
    let compound = |name: &str| {
        let name = name.encode_utf16().flat_map(u16::to_le_bytes);
        [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &name.collect::<Vec<_>>()[..]].concat()
    };
    for (file, expected) in [
        (&b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"[..], Foreign::Pdf),
        (b"%PDF-but it is not one", Foreign::Pdf),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", Foreign::Picture),
        (b"\x89PNG\r\n\x1a\n\0\0", Foreign::Picture),
        (b"\xff\xfen\0a\0m\0e\0", Foreign::Utf16),
        (b"  <html><table><tr><td>name</td></tr></table></html>", Foreign::WebPage),
        (b"name,phone\nA\0nna,1\n", Foreign::Binary),
        (&compound("Workbook"), Foreign::OldExcel),
        (&compound("EncryptedPackage"), Foreign::Protected),
        (&packed(&[("word/document.xml", b"<w/>")]), Foreign::Archive),
        (&packed(&[("mimetype", b""), ("content.xml", b"<o/>")]), Foreign::OpenDocument),
    ] {
        let error = Table::of(file).unwrap_err();
        assert!(matches!(error, ImportError::Foreign(found) if found == expected), "{expected}: {error}");
        assert!(error.to_string().contains("expected CSV or an Excel workbook (.xlsx)"), "{error}");
    }
    for file in [&b""[..], b"\xef\xbb\xbf\r\n", b",,\n"] {
        assert_eq!(refusal(file), "the file is empty; expected a header line that names the columns");
    }
}

#[test]
fn a_malformed_row_is_named_and_the_others_are_kept() {
    let file = format!("code,lat,lon\na,1\nb,1,2\nc,1,2,3\n{},1,2\n", "x".repeat(FIELD_LENGTH_MAX + 1));
    let table = Table::of(file.as_bytes()).unwrap();
    assert_eq!(table.records.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3]);
    let named: Vec<_> = table.malformed.iter().map(ToString::to_string).collect();
    assert_eq!(named[0], "line 2: expected 3 fields as in the header line, found 2");
    assert_eq!(named[1], "line 4: expected 3 fields as in the header line, found 4");
    assert!(named[2].starts_with("line 5, column code: longer than 1000 characters"), "{}", named[2]);
}

#[test]
fn a_quote_that_is_never_closed_is_refused() {
    let file = format!("code,lat,lon\na,\"1,2\n{}", "b,1,2\n".repeat(400));
    let table = Table::of(file.as_bytes()).unwrap();
    assert_eq!((table.records.len(), table.malformed.len()), (0, 1));
    assert_eq!((table.malformed[0].line, table.malformed[0].column.as_str()), (2, "lat"));
}

#[test]
fn a_file_has_a_greatest_length_and_width() {
    let rows = |count: usize| format!("code\n{}", "a\n".repeat(count));
    assert!(Table::of(rows(ROWS_MAX).as_bytes()).is_ok());
    let fifty_megabytes = rows(25_000_000);
    assert_eq!(fifty_megabytes.len(), 50_000_005);
    assert_eq!(Table::of(fifty_megabytes.as_bytes()).unwrap_err().code(), "too_many_rows");
    assert_eq!(Table::read(std::io::repeat(b'a')).unwrap_err().code(), "too_large");
    let wide = Table::of("a,".repeat(COLUMNS_MAX).as_bytes());
    assert_eq!(wide.unwrap_err().code(), "too_many_columns");
    let long = Table::of("a".repeat(FIELD_LENGTH_MAX + 1).as_bytes());
    assert_eq!(long.unwrap_err().code(), "header");
}

#[test]
fn a_sheet_is_read_as_it_looks() {
    let sheet = row(2, &[(0, "s", "Phone"), (1, "s", "Name"), (3, "s", "Until")])
        + &row(4, &[(0, "n", "46701740605"), (1, "s", "=1+1"), (3, "d", "46508")])
        + &row(5, &[(0, "b", "1"), (1, "s", "Åsa & \u{1f600}")]);
    let expected = [
        (4, ["46701740605", "=1+1", "", "2027-05-01"].map(str::to_owned).to_vec()),
        (5, ["yes", "Åsa & \u{1f600}", "", ""].map(str::to_owned).to_vec()),
    ];
    assert_eq!(rows(&workbook(&sheet)), expected);
    assert_eq!(Table::of(&workbook(&sheet)).unwrap().header, ["phone", "name", "", "until"]);
    let wrong = row(1, &[(0, "s", "phone")]) + &row(2, &[(0, "e", "#N/A")]) + &row(3, &[(2, "s", "x")]);
    let named: Vec<_> =
        Table::of(&workbook(&wrong)).unwrap().malformed.iter().map(ToString::to_string).collect();
    assert_eq!(named[0], "line 2, column phone: the cell holds the spreadsheet's error #N/A");
    assert_eq!(named[1], "line 3: expected 1 fields as in the header line, found 3");
}

#[test]
fn a_sheet_that_claims_much_takes_no_room_for_it() {
    let far = row(1, &[(0, "s", "code")]) + &row(1_048_576, &[(0, "s", "a")]);
    assert_eq!(rows(&workbook(&far)), [(1_048_576, vec!["a".to_owned()])]);
    for (sheet, code) in [
        (row(1, &[(16_383, "s", "code")]), "too_many_columns"),
        (row(2, &[(0, "s", "code")]) + &row(1, &[(0, "s", "a")]), "damaged"),
        ("</sheetData><sheetData>".to_owned(), "empty"),
        ("<row r=\"1\"><c r=\"A1\"".to_owned(), "damaged"),
    ] {
        assert_eq!(Table::of(&workbook(&sheet)).unwrap_err().code(), code, "{sheet}");
    }
}

#[test]
fn a_zip_bomb_is_refused_while_it_is_unpacked() {
    let zeros = vec![b' '; 1_000_000];
    let mut parts = Vec::from(skeleton(""));
    let (name, _) = parts.remove(3);
    let mut zip = packing(&parts);
    zip.start_file(name, SimpleFileOptions::default().compression_level(Some(1))).unwrap();
    (0..=PART_BYTES_MAX / 1_000_000).for_each(|_| zip.write_all(&zeros).unwrap());
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 2_000_000, "{} bytes", bomb.len());
    assert_eq!(Table::of(&bomb).unwrap_err().code(), "unpacks_too_large");
    let broken_off = Table::of(&bomb[..bomb.len() / 2]);
    assert_eq!(broken_off.unwrap_err().code(), "damaged");
    let names: Vec<String> = (0..1_001).map(|n| format!("xl/{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), String::new())).collect();
    assert_eq!(
        Table::of(&packing(&many).finish().unwrap().into_inner()).unwrap_err().code(),
        "unpacks_too_large"
    );
}

#[test]
fn a_number_of_shared_texts_that_nobody_has_is_refused_before_room_is_made() {
    for (attribute, expected) in [
        ("uniqueCount=\"2\"", "phone"),
        ("uniqueCount=\"99999999999999\"", "damaged"),
        ("uniqueCount = '99999999999999'", "damaged"),
        ("uni\u{1b}(BqueCount=\"99999999999999\"", "damaged"),
    ] {
        let mut parts = Vec::from(skeleton(""));
        parts[3].1 = sheet_of("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>");
        let shared = format!("<sst xmlns=\"{MAIN}\" {attribute}><si><t>phone</t></si></sst>");
        parts.push(("xl/sharedStrings.xml", shared));
        let read = Table::of(&packing(&parts).finish().unwrap().into_inner());
        let found = read.map_or_else(|error| error.code().to_owned(), |table| table.header[0].clone());
        assert_eq!(found, expected, "{attribute}");
    }
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

fn packing(parts: &[(&str, String)]) -> ZipWriter<std::io::Cursor<Vec<u8>>> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip
}

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let parts: Vec<_> =
        parts.iter().map(|(name, text)| (*name, String::from_utf8_lossy(text).into_owned())).collect();
    packing(&parts).finish().unwrap().into_inner()
}

fn workbook(rows: &str) -> Vec<u8> {
    packing(&skeleton(rows)).finish().unwrap().into_inner()
}

fn sheet_of(rows: &str) -> String {
    format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>")
}

/// The parts that every workbook has, and the rows of its sheet.
fn skeleton(rows: &str) -> [(&'static str, String); 6] {
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    const DOCUMENT: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let types = format!("<Types xmlns=\"{PACKAGE}/content-types\"/>");
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{DOCUMENT}\"><sheets><sheet name=\"Blad1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let rels = format!(
        "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{DOCUMENT}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let root = format!(
        "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{DOCUMENT}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
    );
    [
        ("[Content_Types].xml", types),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", rels),
        ("xl/worksheets/sheet1.xml", sheet_of(rows)),
        ("xl/styles.xml", styles),
        ("_rels/.rels", root),
    ]
}

/// A row of cells: column, kind (text, number, day, yes or no, error), what is in it.
fn row(number: u32, cells: &[(u32, &str, &str)]) -> String {
    let mut row = format!("<row r=\"{number}\">");
    for (column, kind, value) in cells {
        let value = value.replace('&', "&amp;");
        let (kind, inner) = match *kind {
            "s" => (" t=\"inlineStr\"", format!("<is><t>{value}</t></is>")),
            "d" => (" s=\"1\"", format!("<v>{value}</v>")),
            "b" => (" t=\"b\"", format!("<v>{value}</v>")),
            "e" => (" t=\"e\"", format!("<v>{value}</v>")),
            _ => ("", format!("<v>{value}</v>")),
        };
        write!(row, "<c r=\"{}{number}\"{kind}>{inner}</c>", letters(*column)).unwrap();
    }
    row + "</row>"
}

/// `A` for 0, `XFD` for 16 383.
fn letters(column: u32) -> String {
    let letter = char::from(b'A' + u8::try_from(column % 26).unwrap());
    if column < 26 { letter.to_string() } else { letters(column / 26 - 1) + &letter.to_string() }
}
