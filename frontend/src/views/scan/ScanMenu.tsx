import { useQuery } from "@tanstack/react-query";
import { count, counted } from "../../lib/sizes";
import type { ScanSummary } from "../../lib/types";
import { openScan } from "../../state/actions/scan";
import { useLink } from "../../state/page";
import { scansQuery } from "../../state/scan_queries";
import { EntryRow } from "../menu/EntryRow";
import { FindMenu } from "../menu/FindMenu";
import { MenuButton } from "../menu/MenuButton";

/** The menu of scans that the dashboard was started with. Nothing if there are none. */
export function ScanMenu() {
  const { data: scans = [] } = useQuery(scansQuery);
  const current = useLink(({ scan }) => scan);
  if (scans.length === 0) return null;
  return (
    <FindMenu
      kind="scan"
      overlay="scans"
      target={<MenuButton title="Scans" noun="scan" total={scans.length} testid="scan-menu" />}
      entries={scans}
      pick={openScan}
      row={(scan) => (
        <EntryRow
          key={scan.id}
          name={scan.name}
          facts={factsOf(scan)}
          current={scan.id === current}
          onPick={() => openScan(scan.id)}
          testid="scan-row"
        >
          {null}
        </EntryRow>
      )}
    />
  );
}

function factsOf({ error, complete, shards, standing_out, steps }: ScanSummary): string {
  if (error !== null) return error;
  const partial = complete ? "" : "partial · ";
  return `${partial}${counted(shards, "shard")} · ${count(standing_out)} stand out · ${counted(steps, "step")}`;
}
