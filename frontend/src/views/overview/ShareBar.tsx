import { percent, readable } from "../../lib/numbers";
import type { Share } from "../../lib/overview";
import type { WireNumber } from "../../lib/types";
import styles from "./Overview.module.css";

/** A stacked bar of the shares, in the order and colours of the tiles below; or why there are none. */
export function ShareBar({ shares, total }: { shares: readonly Share[] | null; total: WireNumber | null }) {
  if (!shares) {
    const why = total === null ? "a loss has no value, so there is no total" : `the total is ${readable(total)}`;
    return (
      <p className={styles.noShares} data-testid="share-bar-none">
        No shares: {why}.
      </p>
    );
  }
  const label = shares.map(({ loss, share }) => `${loss.title} ${percent(share)}`).join(", ");
  return (
    <div className={styles.bar} role="img" aria-label={`Shares of the total: ${label}`} data-testid="share-bar">
      {shares
        .filter(({ share }) => share > 0)
        .map(({ loss, share }) => (
          <span
            key={loss.name}
            style={{ flexGrow: share, background: loss.colour }}
            title={`${loss.title}: ${percent(share)} of the total`}
            data-testid={`share-${loss.name}`}
          />
        ))}
    </div>
  );
}
