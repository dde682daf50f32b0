import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { problemOf } from "../../lib/problem";
import { escapeInvisible } from "../../lib/visible";
import { TrashIcon } from "../icons";
import styles from "./DeleteButton.module.css";

interface DeleteButtonProps<Id> {
  id: Id;
  /** What it is, in a sentence. */
  name: string;
  /** What goes with it. */
  also?: string;
  remove: {
    readonly isPending: boolean;
    readonly mutate: (id: Id, options: { onError: (thrown: unknown) => void }) => void;
  };
  /** In a line of small buttons. */
  small?: boolean;
  disabled?: boolean;
  testid: string;
}

/** A delete button with confirmation: the first press arms it. */
export function DeleteButton<Id>({ id, name: raw, also = "", remove, small, disabled, testid }: DeleteButtonProps<Id>) {
  const name = escapeInvisible(raw);
  const [armed, setArmed] = useState(false);
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: `Not deleted: ${name}.`, message: problemOf(thrown).message });
  return (
    <Button
      className={small ? undefined : styles.tool}
      size={small ? "compact-xs" : undefined}
      px={small ? 4 : 8}
      variant="subtle"
      color="red"
      disabled={disabled || remove.isPending}
      onClick={() => (armed ? remove.mutate(id, { onError: complain }) : setArmed(true))}
      onBlur={() => setArmed(false)}
      aria-label={armed ? `Press again to delete ${name}${also}` : `Delete ${name}`}
      data-testid={testid}
    >
      {armed ? "Delete?" : <TrashIcon size={small ? 15 : undefined} />}
    </Button>
  );
}
