import { linkOfFinding } from "../../lib/findings";
import { HOME, type Link, type SnapshotPlace } from "../../lib/link";
import { linkOf } from "../../lib/overview";
import { OVERVIEW } from "../../lib/tabs";
import type { BatchInfo, Configs, Finding, Lead, RuleInfo } from "../../lib/types";
import { addressBar, currentLink, store } from "../page";

/** What is chosen within one batch. */
const CHOICES_WITHIN = { zoom: HOME.zoom, selected: HOME.selected, slice: HOME.slice };
const NO_SCAN = { scan: HOME.scan, shard: HOME.shard, against: HOME.against };
const FIRST_TERM: Pick<Link, "term" | "component"> = { term: null, component: 0 };

/** Shows a batch, or the newest one; choices within a batch stay behind, the pinned state comes along. */
export function openBatch(id: string | null): void {
  addressBar.change({ ...CHOICES_WITHIN, ...NO_SCAN, batch: id, snapshot: null });
}

/** Names the batch that the page shows because the link named none. */
export function nameNewestBatch(id: string): void {
  addressBar.change({ batch: id }, "replace");
}

/** Shows a snapshot of a run as it was trained. */
export function openSnapshot(batch: string, snapshot: SnapshotPlace, configs: Configs): void {
  addressBar.change({ ...CHOICES_WITHIN, ...NO_SCAN, batch, snapshot, configs });
}

/** Goes to another snapshot of the run; everything else stays, so one transition is followed. */
export function switchSnapshot(batch: string, snapshot: SnapshotPlace): void {
  addressBar.change({ batch, snapshot }, "replace");
}

/** Goes from one tab to another, to the term that was last shown there. */
export function selectTab(from: string, to: string): void {
  if (from === to) return;
  const { term, component } = currentLink();
  store.setState(({ lastTerms }) => ({ lastTerms: { ...lastTerms, [from]: { term, component } } }));
  addressBar.change({ loss: to === OVERVIEW ? null : to, ...(store.getState().lastTerms[to] ?? FIRST_TERM) });
}

/** Opens a panel of figures below the map. */
export function openPanel(panel: string | null): void {
  addressBar.change({ panel });
}

/** Goes to what a fact of the overview is about. */
export function openLead(lead: Lead): void {
  if (lead.panel) store.setState({ scrollTarget: "panels" });
  addressBar.change(linkOf(lead));
}

/** Goes to what a finding is about; null where there is no such place. */
export function findingOpener(finding: Finding, rules: readonly RuleInfo[], batch: BatchInfo): (() => void) | null {
  const there = linkOfFinding(finding, rules, batch);
  return there && (() => addressBar.change(there));
}
