import { useQuery } from "@tanstack/react-query";
import type { BatchInfo, LossInfo } from "../../lib/types";
import { type Diagnosis, rulesQuery } from "../../state/use_doctor";
import { ProblemBanner } from "../ProblemBanner";
import { Findings } from "./Findings";

interface ExaminedProps {
  diagnosis: Diagnosis;
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
}

/** The doctor's findings once loaded, or why there are none. */
export function Examined({ diagnosis: { report, before, problem }, batch, catalogue }: ExaminedProps) {
  const { data: rules } = useQuery(rulesQuery);
  if (problem && !before) return <ProblemBanner title="Not examined." problem={problem} />;
  if (!report) return null;
  return <Findings report={report} rules={rules ?? []} batch={batch} catalogue={catalogue} before={before} />;
}
