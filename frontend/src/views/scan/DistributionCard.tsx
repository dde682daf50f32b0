import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { problemOf } from "../../lib/problem";
import { quantityName } from "../../lib/scan";
import type { ScanInfo } from "../../lib/types";
import { selectShard } from "../../state/actions/scan";
import { distributionQuery } from "../../state/scan_queries";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { PlotFrame } from "./PlotFrame";
import styles from "./Scan.module.css";

/** The distribution of a quantity over all shards, with the selected shard, and its range in each shard. */
export function DistributionCard({ scan, shard }: { scan: ScanInfo; shard: number | null }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const quantity = chosen ?? scan.quantities[0] ?? "";
  const { data, error, isPlaceholderData } = useQuery(distributionQuery(scan.id, quantity, shard));
  const picker = (
    <Select
      size="xs"
      data={scan.quantities.map((value) => ({ value, label: quantityName(value) }))}
      value={quantity}
      onChange={setChosen}
      allowDeselect={false}
      aria-label="Quantity"
      data-testid="quantity-picker"
    />
  );
  return (
    <Card title="Distributions" aside={picker} testid="scan-distribution">
      {error && <ProblemBanner title="No distribution." problem={problemOf(error)} />}
      {!error && (
        <div className={styles.figures} data-before={isPlaceholderData || undefined}>
          <PlotFrame
            title={`${quantityName(quantity)}, all shards`}
            figure={data?.histogram ?? null}
            testid="scan-histogram"
          />
          {(!data || data.shards) && (
            <PlotFrame
              title={`${quantityName(quantity)} of each shard`}
              figure={data?.shards ?? null}
              onPick={(rank) => typeof rank === "number" && selectShard(rank)}
              testid="scan-ranges"
            />
          )}
        </div>
      )}
    </Card>
  );
}
