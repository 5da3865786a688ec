/** Helpers that create DOM elements without a framework. */

export type Child = Node | string | undefined;

export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | Listeners;
  readonly on?: Listeners;
}

type Listeners = { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

/** Creates an HTML element with attributes (`false` and `undefined` are omitted), event listeners under `on`, and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { on = {}, ...rest } = attributes;
  for (const [name, value] of Object.entries(rest)) setAttribute(element, name, value);
  for (const [type, listener] of Object.entries(on)) addListener(element, type, listener);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** Creates an SVG element; listeners are not supported. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export const button = (label: string, click: () => void, attributes: Attributes = {}): HTMLButtonElement =>
  h("button", { type: "button", on: { click }, ...attributes }, label);

/** Element of index.html with this id. Throws if it is missing. */
export function required(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

function setAttribute(element: Element, name: string, value: unknown): void {
  if (value === undefined || value === false) return;
  element.setAttribute(name, value === true ? "" : String(value));
}

function addListener(element: HTMLElement, type: string, listener: unknown): void {
  if (typeof listener === "function") element.addEventListener(type, (event) => listener(event));
}

/** View of the page. It is created once and keeps its state; `hide` stops what runs in it, such as the camera. */
export interface View {
  readonly element: HTMLElement;
  show?(): void;
  hide?(): void;
}
