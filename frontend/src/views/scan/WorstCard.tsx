import { Button, SegmentedControl } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { problemOf } from "../../lib/problem";
import { addressParts } from "../../lib/scan";
import type { ScanInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { useOpenWindow } from "../../state/scan_queries";
import { Card } from "../Card";
import { Num } from "../Num";
import styles from "./Scan.module.css";

/** The worst transitions of all shards; each opens as a batch of the steps around it. */
export function WorstCard({ scan }: { scan: ScanInfo }) {
  const losses = [...new Set(scan.worst.map(({ loss }) => loss))];
  const [chosen, setChosen] = useState<string | null>(null);
  const loss = chosen ?? losses[0] ?? null;
  const open = useOpenWindow(scan.id);
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: "The window was not opened.", message: problemOf(thrown).message });
  const rows = scan.worst.filter((each) => each.loss === loss);
  return (
    <Card title="Worst transitions of all" aside={`largest ${loss ?? "loss"}`} testid="scan-worst">
      {losses.length > 1 && (
        <SegmentedControl
          size="xs"
          className={styles.losspick ?? ""}
          data={losses}
          value={loss ?? ""}
          onChange={setChosen}
          aria-label="Loss"
        />
      )}
      {rows.length === 0 ? (
        <p className={styles.note}>No loss was computed: shards need the heads of a model, or --model.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className={styles.scroll} tabIndex={0} aria-label="Worst transitions">
          <table className={styles.worst}>
            <thead>
              <tr>
                <th scope="col">{loss}</th>
                <th scope="col">shard</th>
                <th scope="col">sequence, step</th>
                {rows.some(({ file_row }) => file_row !== null) && <th scope="col">file row</th>}
                <th scope="col">
                  <span className="hidden-text">open</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => (
                <tr key={each.number}>
                  <td>
                    <Num value={each.value} />
                  </td>
                  <td className={styles.name} title={escapeInvisible(each.shard)}>
                    {escapeInvisible(addressParts(each.shard).name)}
                  </td>
                  <td className="num">
                    {each.row}, {each.step}
                  </td>
                  {rows.some(({ file_row }) => file_row !== null) && <td className="num">{each.file_row}</td>}
                  <td>
                    <Button
                      size="compact-xs"
                      variant="light"
                      disabled={!each.opens || open.isPending}
                      loading={open.isPending && open.variables === each.number}
                      onClick={() => open.mutate(each.number, { onError: complain })}
                      title={each.opens ? "Open the steps around it as a batch" : "Its window was not written"}
                      aria-label={`Open the steps around sequence ${each.row}, step ${each.step}`}
                      data-testid={`open-window-${each.number}`}
                    >
                      Open
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}
