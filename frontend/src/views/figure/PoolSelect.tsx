import { SegmentedControl, Tooltip } from "@mantine/core";
import { POOLS } from "../../lib/link";
import type { Pool } from "../../lib/types";
import { linkStore, useLink } from "../../state/use_link";

/** How the transitions of one cell become its one value. */
export function PoolSelect({ noun }: { noun: string }) {
  const pool = useLink(({ pool }) => pool);
  const doc = `A cell of the map stands for several ${noun}s and shows their mean, min, max, or peak: the value farthest from zero, with its sign.`;
  return (
    <Tooltip label={doc}>
      <SegmentedControl
        size="xs"
        data={[...POOLS]}
        value={pool}
        onChange={(next) => linkStore.update({ pool: next as Pool })}
        aria-label="Pooling"
        data-testid="pool-select"
      />
    </Tooltip>
  );
}
