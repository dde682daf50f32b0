import type { ReactNode } from "react";
import type { Mapping, SourceField } from "../../lib/types";
import { AlertIcon, InfoIcon } from "../icons";
import { Term } from "../Term";
import { TextWithCode } from "../TextWithCode";
import styles from "./Mapping.module.css";

/** A message beside a part of the form: a question about the file, or an error. */
export interface Message {
  readonly text: string;
  readonly wrong: boolean;
}

/** Props of every part of the form. */
export interface PartProps {
  mapping: Mapping;
  set: (mapping: Mapping) => void;
  messages: ReadonlyMap<string, Message>;
  fields: readonly SourceField[];
}

interface RowProps {
  name: string;
  doc: string;
  message?: Message | undefined;
  children: ReactNode;
}

/** One control with its label and its message. */
export function Part({ name, doc, message, children }: RowProps) {
  return (
    <div className={styles.part} data-testid={`part-${name}`}>
      <div className={styles.row}>
        <span className={styles.label}>
          <Term name={name} doc={doc} mono />
        </span>
        {children}
      </div>
      <PartMessage name={name} message={message} />
    </div>
  );
}

/** Only errors have role alert, questions do not. */
export function PartMessage({ name, message }: Pick<RowProps, "name" | "message">) {
  if (!message) return null;
  return (
    <p
      className={message.wrong ? styles.wrong : styles.question}
      role={message.wrong ? "alert" : "note"}
      data-testid={`said-${name}`}
    >
      {message.wrong ? <AlertIcon size={14} /> : <InfoIcon size={14} />}
      <span>
        <TextWithCode text={message.text} />
      </span>
    </p>
  );
}
