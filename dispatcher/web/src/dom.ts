// Elements from code. Text always goes in as text, never as HTML.

type Child = Node | string | null | undefined;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** A new element; `on…` attributes are listeners, `true` is an empty attribute, `null` and `false` are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element with this id, which the page's template is known to have. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no #${id}`);
  return element;
}

/** Replaces what `parent` holds and keeps the keyboard's place: the element with the same `data-focus` gets it back. */
export function replace(parent: HTMLElement, ...children: Child[]): void {
  const active = document.activeElement;
  const mark = active instanceof HTMLElement && parent.contains(active) ? active.dataset["focus"] : undefined;
  parent.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
  if (mark === undefined) return;
  for (const candidate of parent.querySelectorAll<HTMLElement>("[data-focus]")) {
    if (candidate.dataset["focus"] === mark) candidate.focus({ preventScroll: true });
  }
}

/** Says below the field `id` what is wrong with it, in its element `id-error`; nothing when it is right. */
export function complain(id: string, message: string | null): void {
  const place = byId(`${id}-error`, HTMLElement);
  place.textContent = message ?? "";
  place.hidden = message === null;
  const field = document.getElementById(id);
  if (message === null) field?.removeAttribute("aria-invalid");
  else field?.setAttribute("aria-invalid", "true");
}
