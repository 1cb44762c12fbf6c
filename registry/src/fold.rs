//! Letters without their marks: what somebody types finds what is written, however either is spelled.

/// Lower case, without marks and punctuation: `Åre-Björnen` is `are bjornen`. Swedish, Sami and Norwegian letters.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'å' | 'ä' | 'á' | 'à' | 'â' => folded.push('a'),
            'æ' => folded.push_str("ae"),
            'ö' | 'ø' | 'ó' | 'ô' => folded.push('o'),
            'é' | 'è' | 'ê' | 'ë' => folded.push('e'),
            'ü' | 'ú' => folded.push('u'),
            'ï' | 'í' => folded.push('i'),
            'č' | 'ç' => folded.push('c'),
            'đ' => folded.push('d'),
            'ŋ' => folded.push('n'),
            'š' => folded.push('s'),
            'ŧ' => folded.push('t'),
            'ž' => folded.push('z'),
            letter if letter.is_alphanumeric() => folded.push(letter),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}
