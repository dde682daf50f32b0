import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count, counted } from "../../lib/sizes";
import type { ScanInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { compareWith } from "../../state/actions/scan";
import { scansQuery } from "../../state/scan_queries";
import { Num } from "../Num";
import { Term } from "../Term";
import styles from "./Scan.module.css";

interface ScanHeadProps {
  scan: ScanInfo;
  against: string | null;
}

/** The head of a scan: what was scanned, how much stands out, and the total losses. */
export function ScanHead({ scan, against }: ScanHeadProps) {
  const { data: scans = [] } = useQuery(scansQuery);
  const common = scan.findings.filter(({ in_most, severity }) => in_most && severity !== "info").length;
  const others = scans.filter(({ id }) => id !== scan.id);
  return (
    <section className={styles.head} aria-label="Scan">
      <div className={styles.title}>
        <h2 data-testid="scan-name">{escapeInvisible(scan.name)}</h2>
        <p className={styles.lead} data-testid="scan-lead">
          {scan.standing_out > 0 ? (
            <b className={styles.out}>
              {count(scan.standing_out)} of {counted(scan.shards, "shard")} stand out
            </b>
          ) : (
            <b>None of {counted(scan.shards, "shard")} stands out</b>
          )}
          <span className="dim">
            {counted(scan.sequences, "sequence")}, {counted(scan.steps, "step")}
          </span>
          {common > 0 && <span className={styles.common}>{counted(common, "kind")} of finding in most shards</span>}
        </p>
        <p className={styles.command}>
          {scan.command.map((part) => (
            <span key={part} className="mono">
              {escapeInvisible(part)}
            </span>
          ))}
        </p>
      </div>
      <dl className={styles.losses}>
        {scan.losses.map(({ name, mean, count: places, divisor, non_finite, reasons }) => (
          <div key={name} className={styles.loss} data-testid={`scan-loss-${name}`}>
            <dt>
              <Term
                name={escapeInvisible(name)}
                doc="What training minimises, over all places of all shards where it is finite."
                mono
              />
            </dt>
            <dd>
              {places > 0 ? (
                <Num value={mean} className={styles.mean ?? ""} />
              ) : (
                <span className="dim">not computed</span>
              )}
              <small className="dim">
                {places > 0 ? counted(places, "place") : escapeInvisible(reasons[0] ?? "")}
                {divisor !== places && ` (their sum by ${count(divisor)})`}
                {non_finite > 0 && <b className={styles.bad}>, {count(non_finite)} not finite</b>}
              </small>
            </dd>
          </div>
        ))}
      </dl>
      {others.length > 0 && (
        <Select
          className={styles.against}
          size="xs"
          label="Compare with"
          placeholder="another scan"
          data={others.map(({ id, name }) => ({ value: id, label: escapeInvisible(name) }))}
          value={against}
          onChange={compareWith}
          clearable
          data-testid="scan-against"
        />
      )}
    </section>
  );
}
