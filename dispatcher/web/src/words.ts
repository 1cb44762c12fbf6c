// The page's language and its words. They come from the Fluent files through the template, as JSON in an attribute.

const words = JSON.parse(document.body.dataset["words"] ?? "{}") as Record<string, string>;

export const language: "sv" | "en" = document.documentElement.lang === "en" ? "en" : "sv";

/** The text under `key`, its `{placeholders}` filled in. */
export function word(key: string, values: Record<string, string | number> = {}): string {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The sentence in the page's language. */
export function sentence(both: { sv: string; en: string }): string {
  return both[language];
}
