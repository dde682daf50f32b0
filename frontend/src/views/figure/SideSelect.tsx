import { SegmentedControl, Tooltip } from "@mantine/core";
import { SIDES } from "../../lib/link";
import type { Side } from "../../lib/types";
import { setSide } from "../../state/actions/comparison";
import { useLink } from "../../state/page";

const LABELS: Record<Side, string> = { live: "live", pinned: "pinned", difference: "live − pinned" };

/** Selects whose values the map shows while a state is pinned: live, pinned or the difference. */
export function SideSelect() {
  const side = useLink(({ side }) => side);
  return (
    <Tooltip label="The map shows live values, pinned values, or live minus pinned.">
      <SegmentedControl
        size="xs"
        data={SIDES.map((value) => ({ value, label: LABELS[value] }))}
        value={side}
        onChange={(next) => setSide(next as Side)}
        aria-label="Side of the comparison"
        data-testid="side-select"
      />
    </Tooltip>
  );
}
