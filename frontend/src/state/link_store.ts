import { fromQuery, type Link, toQuery } from "../lib/link";

/** "push" makes a step that the back button undoes; "replace" goes on with the current one, as while dragging. */
export type Step = "push" | "replace";

/** Browsers refuse hundreds of history calls a second, so the address follows a drag at this pace (ms). */
const PACE = 200;

/** The link, held in memory and mirrored in the address bar. */
export class LinkStore {
  #window: Window;
  #link: Link;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(window: Window) {
    this.#window = window;
    this.#link = fromQuery(window.location.search);
    window.addEventListener("popstate", () => this.#follow());
  }

  get = (): Link => this.#link;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  update = (patch: Partial<Link>, step: Step = "push"): void => {
    const next = { ...this.#link, ...patch };
    if (toQuery(next) === toQuery(this.#link)) return;
    if (step === "push") this.#write();
    this.#link = next;
    if (step === "push") this.#window.history.pushState(null, "", this.#address());
    else this.#writeSoon();
    for (const listener of this.#listeners) listener();
  };

  /** The full address of what is on screen. */
  href = (): string => new URL(this.#address(), this.#window.location.href).href;

  #follow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#link = fromQuery(this.#window.location.search);
    for (const listener of this.#listeners) listener();
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  #write(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#window.history.replaceState(null, "", this.#address());
  }

  #address(): string {
    return `${this.#window.location.pathname}${toQuery(this.#link)}`;
  }
}
