import { ActionIcon, Modal, Tooltip } from "@mantine/core";
import { Fragment } from "react";
import { KEYS } from "../../state/keys";
import { useOverlay } from "../../state/use_overlay";
import { KeyboardIcon } from "../icons";
import styles from "./KeysHelp.module.css";

const GROUPS = [...new Set(KEYS.map(({ group }) => group))];

/** The button that shows every key of the page, and what it shows. */
export function KeysHelp() {
  const [opened, open] = useOverlay("keys");
  return (
    <>
      <Tooltip label="Keyboard shortcuts (?)">
        <ActionIcon
          variant="default"
          size={30}
          aria-label="Keyboard"
          data-testid="keys-button"
          onClick={() => open(true)}
        >
          <KeyboardIcon />
        </ActionIcon>
      </Tooltip>
      <Modal opened={opened} onClose={() => open(false)} title={<b>Keyboard</b>} size={500} data-testid="keys-help">
        {GROUPS.map((group) => (
          <section key={group} className={styles.group}>
            <h3>{group}</h3>
            <dl>
              {KEYS.filter((key) => key.group === group).map(({ shown, does }) => (
                <Fragment key={does}>
                  <dt>
                    {shown.map((cap) => (
                      <kbd key={cap}>{cap}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </Modal>
    </>
  );
}
