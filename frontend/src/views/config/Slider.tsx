import { type CSSProperties, useRef } from "react";
import { STEPS } from "../../lib/slider";
import styles from "./Slider.module.css";

interface SliderProps {
  name: string;
  /** Where the thumb stands, 0 to STEPS. */
  position: number;
  /** Where it stands by default: the bar starts there. */
  start: number;
  /** The value in words, for who cannot see it. */
  text: string;
  onMove: (position: number) => void;
  /** The gesture is over. */
  onRelease: () => void;
}

/** The browser's own slider: it tells of a move the moment it happens, and brings keys and an accessible value. */
export function Slider({ name, position, start, text, onMove, onRelease }: SliderProps) {
  const held = useRef(false);
  const release = () => {
    held.current = false;
    onRelease();
  };
  const move = (to: number) => {
    onMove(to);
    if (!held.current) onRelease(); // a key moves it once
  };
  const [low, high] = position < start ? [position, start] : [start, position];
  return (
    <div className={styles.slider} data-testid={`field-${name}-slider`}>
      <input
        type="range"
        min={0}
        max={STEPS}
        value={position}
        onChange={(event) => move(event.currentTarget.valueAsNumber)}
        onPointerDown={() => {
          held.current = true;
        }}
        onPointerUp={release}
        onPointerCancel={release}
        onLostPointerCapture={release}
        onBlur={release}
        aria-label={name}
        aria-valuetext={text}
        style={{ "--low": low / STEPS, "--high": high / STEPS } as CSSProperties}
      />
    </div>
  );
}
