import { SegmentedControl, Tooltip } from "@mantine/core";
import { POOLS } from "../../lib/link";
import type { Pool } from "../../lib/types";
import { setPool } from "../../state/actions/map";
import { useLink } from "../../state/page";

/** Selects how the transitions of a cell are pooled to one value. */
export function PoolSelect({ noun }: { noun: string }) {
  const pool = useLink(({ pool }) => pool);
  const doc = `Each cell of the map covers several ${noun}s and shows their mean, min, max or peak. Peak is the value farthest from zero, with its sign.`;
  return (
    <Tooltip label={doc}>
      <SegmentedControl
        size="xs"
        data={[...POOLS]}
        value={pool}
        onChange={(next) => setPool(next as Pool)}
        aria-label="Pooling"
        data-testid="pool-select"
      />
    </Tooltip>
  );
}
