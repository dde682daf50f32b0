import { Skeleton } from "@mantine/core";
import { nonFiniteCount } from "../../lib/health";
import { OVERVIEW } from "../../lib/tabs";
import type { LossInfo, LossResult, WireNumber } from "../../lib/types";
import { selectTab } from "../../state/actions/navigation";
import { AlertIcon, CheckIcon, ChevronIcon } from "../icons";
import { LossTerm } from "../LossTerm";
import { Num } from "../Num";
import { Share } from "../Share";
import styles from "./Overview.module.css";

interface LossTileProps {
  loss: LossInfo;
  result: LossResult | null;
  gradient: WireNumber | null;
  /** Whether the gradient is that of other configs. */
  before: boolean;
  refused: boolean;
}

/** One loss with its numbers; a click anywhere on it opens the loss. */
export function LossTile({ loss, result, gradient, before, refused }: LossTileProps) {
  const { name, title, colour } = loss;
  const swatch = <span className={styles.swatch} style={{ background: colour }} aria-hidden="true" />;
  return (
    <li className={styles.tile} data-testid={`tile-${name}`}>
      <h3 className={styles.name}>
        {swatch}
        <button type="button" className={styles.open} onClick={() => selectTab(OVERVIEW, name)} title={loss.doc}>
          {title}
        </button>
        <span className={styles.go}>
          <ChevronIcon size={14} />
        </span>
      </h3>
      {result ? (
        <Result name={name} result={result} gradient={gradient} before={before} />
      ) : refused ? (
        <p className={styles.why}>No value. The message above says what to change.</p>
      ) : (
        <Skeleton height={148} data-testid={`tile-${name}-loading`} />
      )}
    </li>
  );
}

interface ResultProps {
  name: string;
  result: LossResult;
  gradient: WireNumber | null;
  before: boolean;
}

function Result({ name, result, gradient, before }: ResultProps) {
  const { error, loss, weight, weighted, share, note, estimated } = result;
  if (error || loss === null || weighted === null) {
    return (
      <p className={styles.failed} data-testid={`tile-${name}-error`}>
        {error?.message ?? "The server gave no value."}
      </p>
    );
  }
  return (
    <>
      <div className={styles.line} title={note || undefined}>
        <Num value={loss} testid={`tile-${name}-loss`} className={styles.value} />
        {estimated && <span className={styles.before}>estimate</span>}
      </div>
      <dl className={styles.numbers}>
        <dt>
          <LossTerm name="weight" />
        </dt>
        <dd>
          <Num value={weight} testid={`tile-${name}-weight`} />
        </dd>
        <dt>
          <LossTerm name="weighted" />
        </dt>
        <dd>
          <Num value={weighted} testid={`tile-${name}-weighted`} />
        </dd>
        <dt>
          <LossTerm name="share" />
        </dt>
        <dd>
          <Share value={share} testid={`tile-${name}-share`} />
        </dd>
        <dt>
          <LossTerm name="gradient norm" />
        </dt>
        <dd data-before={before || undefined}>
          {before && gradient !== null && <span className={styles.before}>before</span>}
          {gradient === null ? (
            <span className="dim">…</span>
          ) : (
            <Num value={gradient} testid={`tile-${name}-gradient`} />
          )}
        </dd>
      </dl>
      <TileHealth name={name} result={result} />
    </>
  );
}

function TileHealth({ name, result: { health } }: { name: string; result: LossResult }) {
  const bad = health.filter((term) => nonFiniteCount(term) > 0);
  return bad.length === 0 ? (
    <p className={styles.fine} data-testid={`tile-${name}-health`}>
      <CheckIcon size={14} /> all terms finite
    </p>
  ) : (
    <p className={styles.ill} data-testid={`tile-${name}-health`}>
      <AlertIcon size={14} /> {bad.length} of {health.length} terms not finite
    </p>
  );
}
