import { type InvokeFunction, taskError } from './task-handlers.ts'

/** Invokes functions through a Lambda API at `url`, such as serverless-offline's, with the JSON protocol of Invoke. */
export const lambdaInvoker =
  (url: string): InvokeFunction =>
  async (functionArn, event) => {
    const name = functionArn.split(':')[6] ?? ''
    let response: Response
    try {
      response = await fetch(`${url}/2015-03-31/functions/${name}/invocations`, {
        method: 'POST',
        body: JSON.stringify(event),
      })
    } catch (error) {
      throw taskError('Lambda.SdkClientException', `${name} could not be reached: ${String(error)}`)
    }
    const text = await response.text()
    if (!response.ok) throw taskError('Lambda.ServiceException', `${name} answered ${response.status}`)
    const result: unknown = text === '' ? null : JSON.parse(text)
    if (response.headers.has('x-amz-function-error')) {
      const { errorType = 'States.TaskFailed', errorMessage = '' } = result as Record<string, string>
      // A function's plain Error has no name that a state machine could tell from others.
      throw taskError(errorType === 'Error' ? 'States.TaskFailed' : errorType, errorMessage)
    }
    return result as Awaited<ReturnType<InvokeFunction>>
  }
