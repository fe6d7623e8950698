import { GatewayError } from "../errors.ts";

/** The reference documents this body for status 400; programs expect it for every error. */
export interface ErrorBody {
  command_type: string;
  params: { errors: FieldError[] };
}

export interface FieldError {
  /** Empty if no field caused the error. */
  field: string;
  message: string;
}

/** Invalid fields of a request, with the official gateway's messages where they are known. */
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
