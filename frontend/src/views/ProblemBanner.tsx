import { Button } from "@mantine/core";
import { fieldMessage, type Problem } from "../lib/problem";
import { AlertIcon } from "./icons";
import styles from "./ProblemBanner.module.css";
import { TextWithCode } from "./TextWithCode";
import { Traceback } from "./Traceback";

interface ProblemBannerProps {
  problem: Problem;
  title: string;
  action?: { label: string; run: () => void };
}

/** An error, with the server's message. */
export function ProblemBanner({ problem, title, action }: ProblemBannerProps) {
  return (
    <div className={styles.banner} role="alert" data-testid="error-banner" data-code={problem.code}>
      <span className={styles.icon}>
        <AlertIcon size={18} />
      </span>
      <div className={styles.text}>
        <strong>{title}</strong>
        <span data-testid="error-message">
          <TextWithCode text={problem.field === "file" ? fieldMessage(problem) : problem.message} />
        </span>
        {problem.traceback && <Traceback text={problem.traceback} />}
      </div>
      {action && (
        <Button size="compact-xs" variant="default" onClick={action.run}>
          {action.label}
        </Button>
      )}
    </div>
  );
}
