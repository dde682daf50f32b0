import { withValue } from "./configs";
import { controlsOf } from "./controls";
import type { Link } from "./link";
import { areaAt } from "./places";
import type { BatchInfo, Configs, DoctorReport, Finding, LossInfo, RuleInfo } from "./types";

/** Fields of the batch and of the model's output, as links name them on the Data tab. */
const OF_BATCH = /^(step_stream|out)\./;

/** What a click on a finding shows: its loss, else its field, with what its rule found as the slice. */
export function linkOfFinding(finding: Finding, rules: readonly RuleInfo[], batch: BatchInfo): Partial<Link> | null {
  const { loss, field, where, transition } = finding;
  const rule = rules.findIndex(({ id }) => id === finding.rule);
  const slice = transition && rule >= 0 ? { by: "doctor", value: rule } : null;
  const fresh = { component: 0, zoom: null, slice };
  const configured = loss ?? (field?.startsWith("configs.") ? (field.split(".")[1] ?? null) : null);
  if (configured) {
    return { ...fresh, loss: configured, term: null, ...(transition && { selected: areaAt(transition) }) };
  }
  if (!field || !OF_BATCH.test(field) || !batch.fields.some(({ group, name }) => `${group}.${name}` === field)) {
    return null;
  }
  const [row, step] = Array.isArray(where) ? (where[0] ?? []) : [];
  const selected = row !== undefined && step !== undefined ? { selected: areaAt([row, step]) } : {};
  return { ...fresh, loss: "data", term: field, ...selected };
}

/** The configs with a finding's fix applied; null if the fix is not a config change. */
export function applyFix({ fix }: Finding, configs: Configs, catalogue: readonly LossInfo[]): Configs | null {
  const [name, field] = fix.field?.split(".") ?? [];
  const loss = catalogue.find((each) => each.name === name);
  const control = loss && controlsOf(loss.config_schema).find((each) => each.name === field);
  return loss && control && fix.value !== null ? withValue(configs, loss.name, control, fix.value) : null;
}

/** How many findings there are of a severity. */
export function countOf(report: DoctorReport, severity: Finding["severity"]): number {
  return report.findings.filter((finding) => finding.severity === severity).length;
}

/** A rule that could not run, or could not look at a part of what it is about. */
export interface Unchecked {
  rule: string;
  part?: string;
  needs: string;
}

/** What needs the same, together. */
export function byNeed<Line extends Unchecked>(lines: readonly Line[]): [needs: string, lines: Line[]][] {
  const groups = new Map<string, Line[]>();
  for (const line of lines) groups.set(line.needs, [...(groups.get(line.needs) ?? []), line]);
  return [...groups];
}
