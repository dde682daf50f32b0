import { Button } from "@mantine/core";
import { problemOf } from "../../lib/problem";
import { useDemo } from "../../state/queries";
import styles from "./Welcome.module.css";

/** Opens the demo batch in one click. */
export function OpenDemo() {
  const demo = useDemo();
  return (
    <div className={styles.demo}>
      <Button
        variant="default"
        loading={demo.isPending}
        onClick={() => demo.mutate()}
        aria-describedby="demo-says"
        data-testid="open-demo"
      >
        Open the demo batch
      </Button>
      <span id="demo-says" className="dim" role="status">
        {demo.isPending && "Training a small agent on FrozenLake…"}
        {demo.isError && problemOf(demo.error).message}
        {demo.isIdle && "A small agent on FrozenLake with all four losses, trained here in a few seconds."}
      </span>
    </div>
  );
}
