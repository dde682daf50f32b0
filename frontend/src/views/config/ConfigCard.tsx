import { Button, Tooltip } from "@mantine/core";
import { useCallback, useMemo } from "react";
import { fieldValue } from "../../lib/configs";
import { type Control, controlsOf } from "../../lib/controls";
import { besideField, configField, type Problem } from "../../lib/problem";
import { counted } from "../../lib/sizes";
import type { Config, LossInfo } from "../../lib/types";
import { pin } from "../../state/pin";
import { useConfigs } from "../../state/use_configs";
import { useLink } from "../../state/use_link";
import { Card } from "../Card";
import { ResetIcon } from "../icons";
import styles from "./ConfigCard.module.css";
import { Field } from "./Field";
import { PresetMenu } from "./PresetMenu";
import { UndoRedo } from "./UndoRedo";

interface ConfigCardProps {
  loss: LossInfo;
  problem: Problem | null;
}

const NOTHING: Config = {};

/** The controls of a loss's config, as its JSON Schema describes them. */
export function ConfigCard({ loss, problem }: ConfigCardProps) {
  const configs = useLink(({ configs }) => configs);
  const actions = useConfigs(loss.name);
  const controls = useMemo(() => controlsOf(loss.config_schema), [loss]);
  const apply = useCallback((config: Config) => actions.apply(controls, config), [actions, controls]);
  const wrong = configField(problem);
  const messageOf = (control: Control) =>
    problem && wrong?.loss === loss.name && wrong.field === control.name ? besideField(problem) : null;
  const changed = Object.keys(configs[loss.name] ?? {}).length;
  const tools = (
    <>
      <PresetMenu loss={loss} current={configs[loss.name] ?? NOTHING} controls={controls} onApply={apply} />
      <UndoRedo />
      <Tooltip label="Keep this configuration to compare with: change anything and see the difference.">
        <Button size="compact-xs" px={4} variant="subtle" onClick={pin} data-testid="pin">
          Pin
        </Button>
      </Tooltip>
      <Tooltip label="Reset every field of this loss to its default">
        <Button
          size="compact-xs"
          px={4}
          variant="subtle"
          className={styles.reset}
          disabled={changed === 0}
          onClick={actions.reset}
          leftSection={<ResetIcon size={14} />}
          aria-label={`Reset ${counted(changed, "field")}`}
          data-testid="reset-all"
        >
          {changed}
        </Button>
      </Tooltip>
    </>
  );
  return (
    <Card title="Configuration" aside={tools} testid="config-card">
      <div className={styles.fields}>
        {controls.map((control) => (
          <Field
            key={`${loss.name}.${control.name}`}
            control={control}
            value={fieldValue(configs, loss.name, control)}
            message={messageOf(control)}
            actions={actions}
          />
        ))}
      </div>
    </Card>
  );
}
