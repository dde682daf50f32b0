import { fromQuery, type Link, toQuery } from "../lib/link";
import { Steps } from "../lib/steps";
import type { PageStore } from "./store";

/** "push" makes a step that the back button undoes; "replace" goes on with the current one, as while dragging. */
export type Step = "push" | "replace";

/** Browsers refuse hundreds of history calls a second, so the address follows a drag at this pace (ms). */
const PACE = 200;

/** Changes the link of a store and mirrors it in the address bar and the browser's history. */
export class AddressBar {
  #window: Window;
  #store: PageStore;
  #steps: Steps;
  #restoring = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(window: Window, store: PageStore) {
    this.#window = window;
    this.#store = store;
    this.#steps = new Steps(placeIn(window.history), this.#link);
    window.addEventListener("popstate", () => this.#follow());
  }

  change = (patch: Partial<Link>, step: Step = "push"): void => {
    const next = { ...this.#link, ...patch };
    if (toQuery(next) === toQuery(this.#link)) return;
    if (step === "push") {
      this.#write();
      this.#steps.push(next);
      this.#window.history.pushState({ at: this.#steps.at }, "", this.#addressOf(next));
    } else {
      this.#steps.moveTo(this.#steps.at, next);
      this.#writeSoon();
    }
    this.#publish(next);
  };

  /** Takes the last change of a config back: through the browser's history, but keeping all that is no config. */
  undo = (): void => this.#restore(-1);
  redo = (): void => this.#restore(1);

  /** The full address of what is on screen. */
  href = (): string => new URL(this.#addressOf(this.#link), this.#window.location.href).href;

  get #link(): Link {
    return this.#store.getState().link;
  }

  #publish(link: Link): void {
    const canUndo = this.#steps.toOtherConfigs(-1) !== 0;
    const canRedo = this.#steps.toOtherConfigs(1) !== 0;
    this.#store.setState({ link, canUndo, canRedo });
  }

  #restore(direction: -1 | 1): void {
    const by = this.#steps.toOtherConfigs(direction);
    if (by === 0 || this.#restoring) return;
    this.#write();
    this.#restoring = true;
    this.#window.history.go(by);
  }

  #follow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const there = fromQuery(this.#window.location.search);
    const link = this.#restoring ? { ...this.#link, configs: there.configs } : there;
    this.#steps.moveTo(placeIn(this.#window.history), link);
    if (this.#restoring) this.#replace(link);
    this.#restoring = false;
    this.#publish(link);
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  #write(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#replace(this.#link);
  }

  #replace(link: Link): void {
    this.#window.history.replaceState({ at: this.#steps.at }, "", this.#addressOf(link));
  }

  #addressOf(link: Link): string {
    return `${this.#window.location.pathname}${toQuery(link)}`;
  }
}

/** Where in the history the page is, as it noted itself there; 0 where it did not. */
function placeIn({ state }: History): number {
  return typeof state?.at === "number" ? state.at : 0;
}
