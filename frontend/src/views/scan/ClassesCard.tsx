import { Anchor, SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { problemOf } from "../../lib/problem";
import { addressParts, changeText } from "../../lib/scan";
import { count } from "../../lib/sizes";
import type { ScanClass, ScanInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { selectShard } from "../../state/actions/scan";
import { classesQuery } from "../../state/scan_queries";
import { Card } from "../Card";
import { Num } from "../Num";
import { ProblemBanner } from "../ProblemBanner";
import { Term } from "../Term";
import styles from "./Scan.module.css";

/** Loss by class over all shards, how the chosen one deviates, and where each class is worst. */
export function ClassesCard({ scan, shard }: { scan: ScanInfo; shard: number | null }) {
  const names = scan.losses.filter((loss) => loss.count > 0).map(({ name }) => name);
  const [chosen, setChosen] = useState<string | null>(null);
  const loss = chosen ?? names[0] ?? "";
  const { data: classes, error, isPlaceholderData } = useQuery(classesQuery(scan.id, loss, shard));
  if (loss === "") return null;
  const groupings = [...new Set(classes?.map(({ grouping }) => grouping))];
  const picker = names.length > 1 && (
    <SegmentedControl size="xs" data={names} value={loss} onChange={setChosen} aria-label="Loss" />
  );
  return (
    <Card title="Loss by class" aside={picker || loss} testid="scan-classes">
      {error && <ProblemBanner title="No classes." problem={problemOf(error)} />}
      {!classes && !error && <Skeleton height={160} />}
      {classes && !error && (
        <table className={styles.classes} data-before={isPlaceholderData || undefined}>
          <thead>
            <tr>
              <th scope="col">class</th>
              <th scope="col">places</th>
              <th scope="col">mean loss</th>
              <th scope="col">this shard</th>
              <th scope="col">
                <Term
                  name="highest in"
                  doc="The shard with the highest mean of those that have at least 1 % of their places in the class."
                />
              </th>
              <th scope="col">mean there</th>
            </tr>
          </thead>
          <tbody>
            {groupings.map((grouping) => (
              <Fragment key={grouping}>
                <tr className={styles.grouping}>
                  <th scope="rowgroup" colSpan={6}>
                    {escapeInvisible(grouping)}
                  </th>
                </tr>
                {classes
                  .filter((each) => each.grouping === grouping)
                  .map((each) => (
                    <Row key={each.label} of={each} />
                  ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Row({
  of: { label, count: places, mean, mean_of_shard, highest, highest_rank, highest_mean },
}: {
  of: ScanClass;
}) {
  return (
    <tr>
      <th scope="row">{escapeInvisible(label)}</th>
      <td className="num">{count(places)}</td>
      <td>{mean === null ? "" : <Num value={mean} />}</td>
      <td>
        {mean_of_shard === null ? (
          <span className="dim">–</span>
        ) : (
          <>
            <Num value={mean_of_shard} />{" "}
            <small className="num dim">{mean !== null && changeText(Number(mean), Number(mean_of_shard))}</small>
          </>
        )}
      </td>
      <td className={styles.name}>
        {highest_rank !== null && (
          <Anchor
            component="button"
            type="button"
            inherit
            onClick={() => selectShard(highest_rank)}
            title={escapeInvisible(highest)}
          >
            {escapeInvisible(addressParts(highest).name)}
          </Anchor>
        )}
      </td>
      <td>{highest_mean === null ? "" : <Num value={highest_mean} />}</td>
    </tr>
  );
}
