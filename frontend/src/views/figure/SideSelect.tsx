import { SegmentedControl, Tooltip } from "@mantine/core";
import { SIDES } from "../../lib/link";
import type { Side } from "../../lib/types";
import { linkStore, useLink } from "../../state/use_link";

const LABELS: Record<Side, string> = { live: "live", pinned: "pinned", difference: "live − pinned" };

/** Whose values the map shows while something is pinned. */
export function SideSelect() {
  const side = useLink(({ side }) => side);
  return (
    <Tooltip label="The map shows the live values, the pinned ones, or how far the live ones lie above the pinned.">
      <SegmentedControl
        size="xs"
        data={SIDES.map((value) => ({ value, label: LABELS[value] }))}
        value={side}
        onChange={(next) => linkStore.update({ side: next as Side })}
        aria-label="Side of the comparison"
        data-testid="side-select"
      />
    </Tooltip>
  );
}
