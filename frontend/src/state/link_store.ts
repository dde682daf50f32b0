import { fromQuery, type Link, toQuery } from "../lib/link";
import { Steps } from "../lib/steps";

/** "push" makes a step that the back button undoes; "replace" goes on with the current one, as while dragging. */
export type Step = "push" | "replace";

/** Browsers refuse hundreds of history calls a second, so the address follows a drag at this pace (ms). */
const PACE = 200;

/** The link, held in memory and mirrored in the address bar. */
export class LinkStore {
  #window: Window;
  #link: Link;
  #steps: Steps;
  #travelling = false;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(window: Window) {
    this.#window = window;
    this.#link = fromQuery(window.location.search);
    this.#steps = new Steps(placeIn(window.history), this.#link);
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
    if (step === "push") {
      this.#steps.push(next);
      this.#window.history.pushState({ at: this.#steps.at }, "", this.#address());
    } else {
      this.#steps.moveTo(this.#steps.at, next);
      this.#writeSoon();
    }
    this.#tell();
  };

  /** Takes the last change of a config back: through the browser's history, but keeping all that is no config. */
  undo = (): void => this.#travel(-1);
  redo = (): void => this.#travel(1);
  canUndo = (): boolean => this.#steps.toOtherConfigs(-1) !== 0;
  canRedo = (): boolean => this.#steps.toOtherConfigs(1) !== 0;

  /** The full address of what is on screen. */
  href = (): string => new URL(this.#address(), this.#window.location.href).href;

  #travel(direction: -1 | 1): void {
    const by = this.#steps.toOtherConfigs(direction);
    if (by === 0 || this.#travelling) return;
    this.#write();
    this.#travelling = true;
    this.#window.history.go(by);
  }

  #follow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const there = fromQuery(this.#window.location.search);
    this.#link = this.#travelling ? { ...this.#link, configs: there.configs } : there;
    this.#steps.moveTo(placeIn(this.#window.history), this.#link);
    if (this.#travelling) this.#replace();
    this.#travelling = false;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  #write(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#replace();
  }

  #replace(): void {
    this.#window.history.replaceState({ at: this.#steps.at }, "", this.#address());
  }

  #address(): string {
    return `${this.#window.location.pathname}${toQuery(this.#link)}`;
  }
}

/** Where in the history the page is, as it noted itself there; 0 where it did not. */
function placeIn({ state }: History): number {
  return typeof state?.at === "number" ? state.at : 0;
}
