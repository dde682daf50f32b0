import type { Finding, RuleInfo } from "../../lib/types";
import { ChevronIcon } from "../icons";
import { TextWithCode } from "../TextWithCode";
import styles from "./Findings.module.css";

/** The description of the rule, from its definition. */
export function Why({ finding, rule }: { finding: Finding; rule: RuleInfo | undefined }) {
  const parts = { What: rule?.what, "How it shows": rule?.shows, "Why it matters": finding.why, Fix: finding.fix.text };
  return (
    <details className={styles.why}>
      <summary data-testid={`finding-${finding.rule}-why`}>
        <ChevronIcon size={13} /> why: <span className="mono">{finding.rule}</span>
      </summary>
      <dl>
        {Object.entries(parts).map(
          ([name, text]) =>
            text && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <TextWithCode text={text} />
                </dd>
              </div>
            ),
        )}
        {finding.reference.length > 0 && (
          <div>
            <dt>Reported in</dt>
            <dd>
              {finding.reference.map((source) => (
                <a key={source} href={source} target="_blank" rel="noreferrer">
                  {source}
                </a>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </details>
  );
}
