import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { SnapshotPlace } from "../../lib/link";
import { deviations, trainedConfigs } from "../../lib/run_configs";
import type { BatchInfo, LossInfo } from "../../lib/types";
import { replaceConfigs } from "../../state/actions/configs";
import { useLink } from "../../state/page";
import { snapshotQuery } from "../../state/run_queries";
import styles from "./RunStrip.module.css";

interface ConfigsNoteProps {
  place: SnapshotPlace;
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
}

/** Room for so many fields in one line. */
const MOST = 3;

/** Shows where the current configs differ from those that training used at this step. */
export function ConfigsNote({ place, batch, catalogue }: ConfigsNoteProps) {
  const configs = useLink((link) => link.configs);
  const { data: origin } = useQuery(snapshotQuery(place));
  if (!origin || Object.keys(origin.configs).length === 0) return null;
  const trained = trainedConfigs(origin.configs, batch, catalogue);
  const differing = deviations(configs, trained, catalogue);
  if (differing.length === 0) return null;
  const more = differing.length - MOST;
  return (
    <p className={styles.note} data-testid="run-configs">
      <span>Differs from training:</span>
      <span className={`mono ${styles.fields}`} title={differing.join("\n")}>
        {differing.slice(0, MOST).join(", ")}
        {more > 0 && `, ${more} more`}
      </span>
      <Button size="compact-xs" variant="light" onClick={() => replaceConfigs(trained)} data-testid="run-use-configs">
        Use the run’s configuration
      </Button>
    </p>
  );
}
