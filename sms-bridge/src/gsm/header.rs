//! The header of a text message on the air, as far as it says which part of a longer one this is.

/// Which part of a longer text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The same for all parts.
    pub reference: u16,
    /// How many there are.
    pub total: u8,
    /// Its place, from 1.
    pub number: u8,
}

impl Part {
    /// From a header without its own length; `None`: it says nothing about parts, or nothing that can be.
    ///
    /// Elements of a header are a name, a length and so many octets; 0 and 8 are about parts (3GPP TS 23.040, 9.2.3.24).
    #[must_use]
    pub fn of(mut header: &[u8]) -> Option<Self> {
        while let [name, length, rest @ ..] = header {
            let element = rest.get(..usize::from(*length))?;
            let part = match (name, element) {
                (0x00, [reference, total, number]) => {
                    Self { reference: u16::from(*reference), total: *total, number: *number }
                }
                (0x08, [high, low, total, number]) => {
                    Self { reference: u16::from_be_bytes([*high, *low]), total: *total, number: *number }
                }
                _ => {
                    header = &rest[element.len()..];
                    continue;
                }
            };
            return part.is_possible().then_some(part);
        }
        None
    }

    /// Its place is one of those there are, and there is more than one.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self.total > 1 && (1..=self.total).contains(&self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_with_either_reference_and_behind_other_elements() {
        let part = |reference, total, number| Some(Part { reference, total, number });
        let table: [(&[u8], _); 8] = [
            (&[0, 3, 0xab, 2, 1], part(0xab, 2, 1)),
            (&[8, 4, 1, 2, 3, 3], part(0x0102, 3, 3)),
            (&[5, 4, 0, 0, 0, 0, 0, 3, 7, 2, 2], part(7, 2, 2)),
            (&[0, 3, 0xab, 2, 3], None),
            (&[0, 3, 0xab, 1, 1], None),
            (&[0, 3, 0xab], None),
            (&[5, 4, 0, 0, 0, 0], None),
            (&[], None),
        ];
        for (header, expected) in table {
            assert_eq!(Part::of(header), expected, "{header:?}");
        }
    }
}
