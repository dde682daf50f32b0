import { Button, Tooltip } from "@mantine/core";
import { memo, useCallback, useMemo } from "react";
import { type Control, controlsOf } from "../../lib/controls";
import { configField, fieldMessage, type Problem } from "../../lib/problem";
import type { Config, LossInfo } from "../../lib/types";
import { pinCurrent } from "../../state/actions/comparison";
import { applyPreset, useConfigActions } from "../../state/actions/configs";
import { Card } from "../Card";
import styles from "./ConfigCard.module.css";
import { LinkedField } from "./LinkedField";
import { PresetMenu } from "./PresetMenu";
import { ResetAll } from "./ResetAll";
import { UndoRedo } from "./UndoRedo";

interface ConfigCardProps {
  loss: LossInfo;
  problem: Problem | null;
}

/** The controls of a loss's config, as its JSON Schema describes them. */
export const ConfigCard = memo(function ConfigCard({ loss, problem }: ConfigCardProps) {
  const actions = useConfigActions(loss.name);
  const controls = useMemo(() => controlsOf(loss.config_schema), [loss]);
  const apply = useCallback((config: Config) => applyPreset(loss.name, controls, config), [loss, controls]);
  const wrong = configField(problem);
  const messageOf = (control: Control) =>
    problem && wrong?.loss === loss.name && wrong.field === control.name ? fieldMessage(problem) : null;
  const tools = (
    <>
      <PresetMenu loss={loss} controls={controls} onApply={apply} />
      <UndoRedo />
      <Tooltip label="Pin this state (p), then change anything and see the difference.">
        <Button size="compact-xs" px={4} variant="subtle" onClick={pinCurrent} data-testid="pin">
          Pin
        </Button>
      </Tooltip>
      <ResetAll loss={loss.name} onReset={actions.reset} />
    </>
  );
  return (
    <Card title="Configuration" aside={tools} testid="config-card">
      <div className={styles.fields}>
        {controls.map((control) => (
          <LinkedField
            key={`${loss.name}.${control.name}`}
            loss={loss.name}
            control={control}
            message={messageOf(control)}
            actions={actions}
          />
        ))}
      </div>
    </Card>
  );
});
