import { Pagination, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { problemOf } from "../../lib/problem";
import { ALL_SHARDS, PAGE, type ShardView, sortedBy } from "../../lib/scan";
import { count } from "../../lib/sizes";
import type { ScanInfo } from "../../lib/types";
import { shardsQuery } from "../../state/scan_queries";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import styles from "./Shards.module.css";
import { ShardTable } from "./ShardTable";

const STATES = [
  { value: "all", label: "all shards" },
  { value: "issues", label: "those that stand out" },
  { value: "errors", label: "with an error" },
  { value: "clean", label: "those that do not" },
] as const;

/** The shards, those with the most issues first; sorted, filtered and paged by the server. */
export function ShardsCard({ scan, selected }: { scan: ScanInfo; selected: number | null }) {
  const [view, setView] = useState<ShardView>(ALL_SHARDS);
  const narrow = (part: Partial<ShardView>) => setView((old) => ({ ...old, ...part, offset: 0 }));
  const [search] = useDebouncedValue(view.search, 200);
  const { loss, ...rest } = view;
  const query = { ...rest, search, limit: PAGE, ...(loss === null ? {} : { loss }) };
  const { data: page, error, isPlaceholderData } = useQuery(shardsQuery(scan.id, query));
  const checks = [...new Map(scan.findings.map(({ check, title }) => [check, title])).entries()];
  const matching = page?.matching ?? 0;
  const aside = page && `${count(matching)} of ${count(page.total)}`;
  return (
    <Card title="Shards" aside={<span data-testid="shards-matching">{aside}</span>} testid="scan-shards">
      <div className={styles.tools}>
        <TextInput
          size="xs"
          placeholder="Find by name or message"
          value={view.search}
          onChange={(event) => narrow({ search: event.currentTarget.value })}
          aria-label="Find a shard by its name or by what is wrong with it"
          data-testid="shard-search"
        />
        <Select
          size="xs"
          data={[...STATES]}
          value={view.state}
          onChange={(state) => state && narrow({ state: state as ShardView["state"] })}
          allowDeselect={false}
          aria-label="Which shards"
          data-testid="shard-state"
        />
        <Select
          size="xs"
          data={checks.map(([value, label]) => ({ value, label }))}
          value={view.check || null}
          onChange={(check) => narrow({ check: check ?? "" })}
          placeholder="any finding"
          clearable
          searchable
          aria-label="Only shards with this finding"
          data-testid="shard-check"
        />
        {scan.losses.length > 1 && (
          <Select
            size="xs"
            data={scan.losses.map(({ name }) => name)}
            value={loss ?? scan.losses[0]?.name ?? null}
            onChange={(name) => narrow({ loss: name })}
            allowDeselect={false}
            aria-label="Loss in the table"
            data-testid="shard-loss"
          />
        )}
      </div>
      {error && <ProblemBanner title="No shards." problem={problemOf(error)} />}
      {!error && (
        <ShardTable
          rows={page?.shards ?? null}
          loss={loss ?? scan.losses[0]?.name ?? null}
          view={view}
          selected={selected}
          stale={isPlaceholderData}
          onSort={(sort) => setView((old) => sortedBy(old, sort))}
        />
      )}
      {matching > PAGE && (
        <Pagination
          className={styles.pages ?? ""}
          size="xs"
          total={Math.ceil(matching / PAGE)}
          value={view.offset / PAGE + 1}
          onChange={(number) => setView((old) => ({ ...old, offset: (number - 1) * PAGE }))}
          getControlProps={(control) => ({ "aria-label": `${control} page` })}
          data-testid="shard-pages"
        />
      )}
    </Card>
  );
}
