/** An answer with a status of its own, for routes that have more than one. */
export class Reply {
  readonly status: 200 | 201 | 202
  readonly body: unknown
  /** The Location header. */
  readonly location: string | undefined

  constructor(status: Reply['status'], body: unknown, location?: string) {
    this.status = status
    this.body = body
    this.location = location
  }
}
