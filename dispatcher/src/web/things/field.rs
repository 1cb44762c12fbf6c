//! The fields of a form as a page shows them: what was typed, and what is wrong with it beside it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use certus_registry::Language;

use crate::text::text;

/// What is wrong with what was typed: by the field's name, the key of what was expected in the Fluent files.
pub(super) type Wrongs = BTreeMap<&'static str, &'static str>;

/// One field.
pub(super) struct Field {
    /// Its name in the form, and its `id`.
    pub(super) name: &'static str,
    /// What it is called.
    pub(super) label: String,
    /// How it is filled in, if that is not plain.
    pub(super) how: Option<String>,
    /// What stands in it.
    pub(super) value: String,
    /// What kind it is.
    pub(super) input: Input,
    /// What is wrong with it.
    pub(super) wrong: Option<String>,
}

/// What a field takes.
pub(super) enum Input {
    /// Words of one line, at most so many characters; empty or not; and what they are, as HTML has it.
    Words { kind: &'static str, max: usize, required: bool },
    /// One of these: value and words.
    Choice(Vec<(String, String)>),
}

impl Field {
    /// What stands in it, for those who may only read.
    pub(super) fn words(&self) -> &str {
        let chosen = match &self.input {
            Input::Choice(options) => {
                options.iter().find(|(value, _)| *value == self.value).map(|(_, words)| words)
            }
            Input::Words { .. } => None,
        };
        chosen.unwrap_or(&self.value)
    }

    /// What the field is described by, for those who hear the page.
    pub(super) fn described_by(&self) -> String {
        let parts = [self.wrong.as_ref().map(|_| "wrong"), self.how.as_ref().map(|_| "how")];
        let ids = parts.into_iter().flatten().map(|part| format!("{}-{part}", self.name));
        ids.collect::<Vec<_>>().join(" ")
    }
}

/// The fields of one form, in the page's language.
pub(super) struct Form<'a> {
    language: Language,
    /// Before the names in the Fluent files.
    prefix: &'static str,
    wrongs: &'a Wrongs,
    fields: Vec<Field>,
}

impl<'a> Form<'a> {
    pub(super) fn new(language: Language, prefix: &'static str, wrongs: &'a Wrongs) -> Self {
        Self { language, prefix, wrongs, fields: Vec::new() }
    }

    /// A line of words.
    pub(super) fn words(self, name: &'static str, value: &str, kind: &'static str, max: usize) -> Self {
        self.field(name, value, Input::Words { kind, max, required: false })
    }

    /// A line of words that cannot be empty.
    pub(super) fn needed(self, name: &'static str, value: &str, kind: &'static str, max: usize) -> Self {
        self.field(name, value, Input::Words { kind, max, required: true })
    }

    /// A choice.
    pub(super) fn choice(self, name: &'static str, value: &str, options: Vec<(String, String)>) -> Self {
        self.field(name, value, Input::Choice(options))
    }

    /// Says of the last field how it is filled in.
    pub(super) fn explained(mut self) -> Self {
        let (language, prefix) = (self.language, self.prefix);
        if let Some(last) = self.fields.last_mut() {
            last.how = Some(text(language, &format!("{prefix}-{}-how", key(last.name)), &[]));
        }
        self
    }

    pub(super) fn fields(self) -> Vec<Field> {
        self.fields
    }

    fn field(mut self, name: &'static str, value: &str, input: Input) -> Self {
        let label = text(self.language, &format!("{}-{}", self.prefix, key(name)), &[]);
        let wrong = self.wrongs.get(name).map(|key| text(self.language, key, &[]));
        self.fields.push(Field { name, label, how: None, value: value.to_owned(), input, wrong });
        self
    }
}

fn key(name: &str) -> String {
    name.replace('_', "-")
}

/// Every word of a vocabulary as a choice, under `{what}-…` in the Fluent files; before them nothing, where `nothing` names it.
pub(super) fn options<T: Display + Copy>(
    language: Language,
    what: &str,
    all: &[T],
    nothing: Option<&str>,
) -> Vec<(String, String)> {
    let nothing = nothing.map(|key| (String::new(), text(language, key, &[])));
    let word = |one: &T| (one.to_string(), crate::web::page::word(language, what, *one));
    nothing.into_iter().chain(all.iter().map(word)).collect()
}

/// Reads what was typed; what is wrong is put down under the field's name.
pub(super) fn read<T: FromStr>(
    wrongs: &mut Wrongs,
    name: &'static str,
    typed: &str,
    expected: &'static str,
) -> Option<T> {
    let read = typed.parse().ok();
    if read.is_none() {
        wrongs.insert(name, expected);
    }
    read
}

/// The same for what may be empty.
pub(super) fn read_optional<T: FromStr>(
    wrongs: &mut Wrongs,
    name: &'static str,
    typed: &str,
    expected: &'static str,
) -> Option<T> {
    if typed.trim().is_empty() { None } else { read(wrongs, name, typed, expected) }
}
