import { fieldValue } from "../../lib/configs";
import { useLink } from "../../state/page";
import { Field, type FieldProps } from "./Field";

interface LinkedFieldProps extends Omit<FieldProps, "value"> {
  loss: string;
}

/** A field with the value that the link holds: dragging one leaves the others alone. */
export function LinkedField({ loss, ...field }: LinkedFieldProps) {
  const value = useLink(({ configs }) => fieldValue(configs, loss, field.control));
  return <Field {...field} value={value} />;
}
