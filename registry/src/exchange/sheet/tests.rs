use super::*;

const LAYOUT: Layout =
    Layout { columns: &["code", "lat", "lon"], required: &["code"], dependent: &[("lat", "lon")] };

fn codes(file: &str) -> Vec<(u64, String)> {
    let sheet = Sheet::read(file.as_bytes(), &LAYOUT).unwrap();
    let code = |row: Row<'_>| (row.line, row.text("code").value().unwrap_or_default().to_owned());
    sheet.rows().map(code).collect()
}

fn refusal(file: &[u8]) -> String {
    Sheet::read(file, &LAYOUT).unwrap_err().to_string()
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
        ["code;lat;lon\na,b;1;2", "lon\tcode\tlat\n1\ta,b\t2", "code,lat,lon\n\"a,b\",1,2", "code\n\"a,b\""]
    {
        assert_eq!(codes(file), [(2, "a,b".to_owned())], "{file:?}");
    }
}

#[test]
fn a_file_that_is_no_list_gets_a_clear_answer() {
    for (file, expected) in [
        (&b""[..], "the file is empty; expected a header line that names the columns"),
        (b"\xef\xbb\xbf\r\n", "the file is empty; expected a header line that names the columns"),
        (b"code\nok\nk\xe5re\n", "line 3 is not UTF-8; save the file as 'CSV UTF-8'"),
        (b"\xff\xfec\0o\0", "line 1 is not UTF-8; save the file as 'CSV UTF-8'"),
        (b"code,size\n", "the header line has an unknown column 'size'; expected code, lat, lon"),
        (b"code,code\n", "the header line names the column code twice"),
        (b"lat,lon\n", "the header line lacks the column code"),
        (b"code,lat\n", "the header line has lat but lacks lon"),
    ] {
        assert_eq!(refusal(file), expected);
    }
}

#[test]
fn a_malformed_row_is_named_and_the_others_are_kept() {
    let file = format!("code,lat,lon\na,1\nb,1,2\nc,1,2,3\n{},1,2\n", "x".repeat(FIELD_LENGTH_MAX + 1));
    let sheet = Sheet::read(file.as_bytes(), &LAYOUT).unwrap();
    assert_eq!(sheet.rows().map(|row| row.line).collect::<Vec<_>>(), [3]);
    let named: Vec<_> = sheet.malformed.iter().map(ToString::to_string).collect();
    assert_eq!(named[0], "line 2: expected 3 fields as in the header line, found 2");
    assert_eq!(named[1], "line 4: expected 3 fields as in the header line, found 4");
    assert!(named[2].starts_with("line 5, column code: longer than 1000 characters"), "{}", named[2]);
}

#[test]
fn a_quote_that_is_never_closed_is_refused() {
    let file = format!("code,lat,lon\na,\"1,2\n{}", "b,1,2\n".repeat(400));
    let sheet = Sheet::read(file.as_bytes(), &LAYOUT).unwrap();
    assert_eq!((sheet.rows().count(), sheet.malformed.len()), (0, 1));
    assert_eq!((sheet.malformed[0].line, sheet.malformed[0].column.as_str()), (2, "lat"));
}

#[test]
fn a_file_has_a_greatest_length() {
    let rows = |count: usize| format!("code\n{}", "a\n".repeat(count));
    assert!(Sheet::read(rows(ROWS_MAX).as_bytes(), &LAYOUT).is_ok());
    let refused = Sheet::read(rows(ROWS_MAX + 1).as_bytes(), &LAYOUT);
    assert!(matches!(refused, Err(ImportError::TooManyRows)));
    let refused = Sheet::read(std::io::repeat(b'a'), &LAYOUT);
    assert!(matches!(refused, Err(ImportError::TooLarge)));
}
