import { Loader } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../lib/problem";
import type { BatchInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { openBatch } from "../../state/actions/navigation";
import { useLive } from "../../state/live";
import { useRunToWatch } from "../../state/open_run";
import { useLink } from "../../state/page";
import { scansQuery } from "../../state/scan_queries";
import { useBatches } from "../../state/use_batches";
import { useCatalogue } from "../../state/use_catalogue";
import { useKeys } from "../../state/use_keys";
import { useUpload } from "../../state/use_upload";
import { MappingStep } from "../mapping/MappingStep";
import { ProblemBanner } from "../ProblemBanner";
import { RunStrip } from "../runs/RunStrip";
import { ScanPage } from "../scan/ScanPage";
import { Workbench } from "../Workbench";
import { DropAnywhere } from "./DropAnywhere";
import { notifyAlreadyStored, notifyImportDropped } from "./file_notes";
import { Header } from "./Header";
import { NoBatch } from "./NoBatch";
import styles from "./Page.module.css";
import { SkipLink } from "./SkipLink";
import { UploadCard } from "./UploadCard";
import { Welcome } from "./Welcome";

/** The whole page: header, running uploads, and the open batch or the welcome card. */
export function Page() {
  const { upload, start, cancel, waiting, remap, close } = useUpload(notifyAlreadyStored, notifyImportDropped);
  const batches = useBatches();
  const scan = useLink((link) => link.scan);
  const { data: scans } = useQuery(scansQuery);
  const batch = scan === null ? (batches.batch.data ?? null) : null;
  const name = batch?.name ?? scans?.find(({ id }) => id === scan)?.name;
  useKeys();
  useLive();
  const unmapped = waiting?.over === batches.id ? waiting : null;
  const title = unmapped?.file.name ?? name;
  useDocumentTitle(title ? `${escapeInvisible(title)} · mouse` : "mouse");
  return (
    <div className={styles.page}>
      <SkipLink />
      <Header list={batches.list.data ?? []} batch={batch} onFile={start} />
      <main className={styles.main}>
        {upload && <UploadCard upload={upload} onClose={cancel} />}
        {unmapped ? (
          <MappingStep key={unmapped.file.id} waiting={unmapped} onClose={close} />
        ) : scan !== null ? (
          <ScanPage key={scan} id={scan} />
        ) : (
          <Content batches={batches} onFile={start} onRemap={remap} />
        )}
      </main>
      <DropAnywhere onFile={start} />
    </div>
  );
}

interface ContentProps {
  batches: ReturnType<typeof useBatches>;
  onFile: (file: File) => void;
  onRemap: (batch: BatchInfo) => void;
}

function Content({ batches: { id, list, batch }, onFile, onRemap }: ContentProps) {
  const catalogue = useCatalogue(batch.data);
  const opening = useRunToWatch();
  const broken = catalogue.error ?? (id === null ? list.error : null);
  if (broken) {
    const retry = () => void Promise.all([catalogue.refetch(), list.refetch()]);
    return (
      <ProblemBanner
        title="The page cannot start."
        problem={problemOf(broken)}
        action={{ label: "Try again", run: retry }}
      />
    );
  }
  if (id !== null && batch.error && ["unknown_batch", "invalid_value"].includes(problemOf(batch.error).code)) {
    return <NoBatch id={id} others={list.data ?? []} />;
  }
  if (batch.error) {
    const leave = () => openBatch(null);
    return (
      <ProblemBanner
        title="This batch cannot be shown."
        problem={problemOf(batch.error)}
        action={{ label: "Show the newest batch", run: leave }}
      />
    );
  }
  if (opening) return <Waiting />;
  if (id === null && list.data?.length === 0) return <Welcome onFile={onFile} />;
  if (!batch.data || !catalogue.data) return <Waiting />;
  return (
    <>
      <RunStrip batch={batch.data} catalogue={catalogue.data} />
      <Workbench batch={batch.data} catalogue={catalogue.data} onRemap={onRemap} />
    </>
  );
}

function Waiting() {
  return (
    <div className={styles.waiting} role="status" data-testid="loading">
      <Loader size="sm" />
      <span className="dim">Opening the batch…</span>
    </div>
  );
}
