import { HOME, type Link, toQuery } from "./link";

/** The links of this page by their place in the browser's history, as far as this page has seen them. */
export class Steps {
  #at: number;
  #links: Map<number, Link>;

  constructor(at: number, link: Link) {
    this.#at = at;
    this.#links = new Map([[at, link]]);
  }

  get at(): number {
    return this.#at;
  }

  /** A new step after this one; those that lay ahead are gone, as in the browser. */
  push(link: Link): void {
    for (const place of this.#links.keys()) if (place > this.#at) this.#links.delete(place);
    this.moveTo(this.#at + 1, link);
  }

  /** The step there, which holds this link from now on. */
  moveTo(at: number, link: Link): void {
    this.#at = at;
    this.#links.set(at, link);
  }

  /** How many steps away the nearest one with other configs is, counted back (-1) or ahead (1); 0 when there is none. */
  toOtherConfigs(direction: -1 | 1): number {
    const now = this.#configsAt(this.#at);
    for (let by = direction; ; by += direction) {
      const there = this.#configsAt(this.#at + by);
      if (there === null) return 0;
      if (there !== now) return by;
    }
  }

  #configsAt(place: number): string | null {
    const link = this.#links.get(place);
    return link ? toQuery({ ...HOME, configs: link.configs }) : null;
  }
}
