import { Button } from "@mantine/core";
import { applyFix } from "../../lib/findings";
import type { BatchInfo, Finding, LossInfo, RuleInfo } from "../../lib/types";
import { pinAndSet } from "../../state/actions/comparison";
import { findingOpener } from "../../state/actions/navigation";
import { currentLink } from "../../state/page";
import { AlertIcon, InfoIcon, StopIcon } from "../icons";
import { TextWithCode } from "../TextWithCode";
import styles from "./Findings.module.css";
import { LeadButton } from "./LeadButton";
import { Measured } from "./Measured";
import { Why } from "./Why";

interface FindingItemProps {
  finding: Finding;
  rules: readonly RuleInfo[];
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
  before: boolean;
}

const ICONS = { error: StopIcon, warning: AlertIcon, info: InfoIcon };

/** One thing that is likely wrong: how bad, what was measured and where; a click leads there. */
export function FindingItem({ finding, rules, batch, catalogue, before }: FindingItemProps) {
  const { rule, severity, message, fix } = finding;
  const Icon = ICONS[severity];
  const open = findingOpener(finding, rules, batch);
  return (
    <li className={styles.finding} data-severity={severity} data-testid={`finding-${rule}`}>
      <LeadButton
        testid={`finding-${rule}-lead`}
        follow={open}
        first={
          <span className={styles.severity}>
            <Icon size={14} /> {severity}
          </span>
        }
      >
        <b className={styles.message}>
          <TextWithCode text={message} />
        </b>
      </LeadButton>
      <div className={styles.rest}>
        <Measured finding={finding} />
        {fix.field && (
          <Button
            size="compact-xs"
            variant="light"
            disabled={before || !applyFix(finding, currentLink().configs, catalogue)}
            title="Pins the live state and then sets this field, so that you see both side by side"
            data-testid={`finding-${rule}-fix`}
            onClick={() => {
              const cured = applyFix(finding, currentLink().configs, catalogue);
              if (cured) pinAndSet(cured);
            }}
          >
            Set {fix.field} = {String(fix.value)}
          </Button>
        )}
        {finding.consequences.length > 0 && (
          <p data-testid={`finding-${rule}-consequences`}>
            also explains:{" "}
            {finding.consequences.map((each) => (
              <span key={`${each.rule} ${each.message}`}>
                <span className="mono">{each.rule}</span>: <TextWithCode text={each.message} />{" "}
              </span>
            ))}
          </p>
        )}
        <Why finding={finding} rule={rules.find(({ id }) => id === rule)} />
      </div>
    </li>
  );
}
