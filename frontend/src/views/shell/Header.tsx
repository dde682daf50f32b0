import { Button, FileButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { BatchInfo, BatchSummary } from "../../lib/types";
import { formatsQuery } from "../../state/queries";
import { UploadIcon } from "../icons";
import { RunMenu } from "../runs/RunMenu";
import { ScanMenu } from "../scan/ScanMenu";
import { BatchMenu } from "./BatchMenu";
import { CopyLink } from "./CopyLink";
import { CopyPython } from "./CopyPython";
import { DownloadMenu } from "./DownloadMenu";
import styles from "./Header.module.css";
import { KeysHelp } from "./KeysHelp";
import { Logo } from "./Logo";
import { SchemeToggle } from "./SchemeToggle";

interface HeaderProps {
  list: readonly BatchSummary[];
  batch: BatchInfo | null;
  onFile: (file: File) => void;
}

export function Header({ list, batch, onFile }: HeaderProps) {
  const formats = useQuery(formatsQuery);
  return (
    <header className={styles.header}>
      <h1 className={styles.name}>
        <Logo />
        mouse
      </h1>
      {list.length > 0 && <BatchMenu list={list} current={batch} />}
      <RunMenu />
      <ScanMenu />
      <FileButton
        onChange={(file) => file && onFile(file)}
        accept={formats.data?.flatMap(({ endings }) => endings).join()}
        inputProps={{ "data-testid": "upload-input", "aria-label": "Choose a batch file" } as object}
      >
        {(props) => (
          <Button {...props} size="xs" leftSection={<UploadIcon />} data-testid="upload-button">
            Open file
          </Button>
        )}
      </FileButton>
      <div className={styles.end}>
        {batch && <DownloadMenu />}
        {batch && <CopyPython />}
        {batch && <CopyLink />}
        <KeysHelp />
        <SchemeToggle />
      </div>
    </header>
  );
}
