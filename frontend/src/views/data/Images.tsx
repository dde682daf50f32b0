import { fieldKey, surroundingSteps } from "../../lib/field_view";
import type { BatchInfo, FieldEntry } from "../../lib/types";
import { selectTransition } from "../../state/actions/selection";
import { imageUrl } from "../../state/addresses";
import styles from "./Data.module.css";

/** Frames before and after the selected one. */
const REACH = 3;

interface ImagesProps {
  batch: BatchInfo;
  entry: FieldEntry;
  picture: NonNullable<FieldEntry["picture"]>;
  row: number;
  step: number;
}

/** An entry as an image, and its neighbours in time as a strip: a frame selects its step. */
export function Images({ batch, entry, picture, row, step }: ImagesProps) {
  const name = fieldKey(entry);
  return (
    <>
      <img
        className={styles.image}
        src={imageUrl(batch.id, entry, row, step)}
        width={picture.width}
        height={picture.height}
        alt={`${name} at sequence ${row}, step ${step}`}
        data-testid={`image-${name}`}
      />
      <p className={styles.note} data-testid={`image-note-${name}`}>
        {picture.width} × {picture.height} pixels, {picture.note}
      </p>
      <div className={styles.strip}>
        {surroundingSteps(step, batch.S, REACH).map((at) => (
          <button
            key={at}
            type="button"
            className={styles.frame}
            aria-pressed={at === step}
            onClick={() => selectTransition([row, at])}
            data-testid={`frame-${name}-${at}`}
          >
            <img src={imageUrl(batch.id, entry, row, at)} alt={`step ${at}`} />
            <span className="num">{at}</span>
          </button>
        ))}
      </div>
    </>
  );
}
