import { GatewayError } from "../errors.ts";

/** The reference documents this body for 400; programs read it on every failure. */
export interface ErrorBody {
  command_type: string;
  params: { errors: FieldError[] };
}

export interface FieldError {
  /** Empty where no field is to blame. */
  field: string;
  message: string;
}

/** What is wrong with a request's fields, in the words of the official gateway where they are known. */
export class InvalidFields extends GatewayError {
  readonly fields: FieldError[];

  constructor(fields: FieldError[]) {
    super("INVALID_FIELD", fields.map(({ message }) => message).join(", "));
    this.fields = fields;
  }
}

export function errorBody(commandType: string, error: GatewayError): ErrorBody {
  const fields = error instanceof InvalidFields ? error.fields : [{ field: error.field, message: error.message }];
  return { command_type: commandType, params: { errors: fields } };
}
