import type { MetricName } from '../metrics.ts'
import type { Resource } from './service.ts'

type Resources = Readonly<Record<string, Resource>>

interface Watch {
  namespace: string
  metric: string
  dimensions: Record<string, unknown>
  text: string
  statistic?: 'Sum' | 'Maximum'
  above?: number
}

const periodSeconds = 300

/** Alarms on everything in the template that can fail without anybody asking, each to the topic AlarmTopic. */
export const alarmsOf = (resources: Resources, service: string, stage: string): Record<string, Resource> => {
  const alarms: Record<string, Resource> = {}
  for (const [id, { Type, Properties }] of Object.entries(resources))
    for (const watch of watches(id, Type, Properties)) alarms[`${id}${watch.metric}Alarm`] = alarm(watch)
  const counted = (metric: MetricName, text: string) =>
    alarm({ namespace: service, metric, dimensions: { service, stage }, text })
  alarms.AirbyteUnreachableAlarm = counted(
    'AirbyteUnreachable',
    'Airbyte could not be reached, refused the credentials, or is not configured',
  )
  alarms.RequestFailedAlarm = counted('RequestFailed', 'Requests were answered with 500 or more')
  alarms.WaitNotStartedAlarm = counted('WaitNotStarted', 'Syncs were started that nothing waits for')
  return alarms
}

/** Who is told of alarms; they confirm by the first mail. */
export const mailsOf = (address: string): Record<string, Resource> =>
  address === ''
    ? {}
    : {
        AlarmMail: {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: { Ref: 'AlarmTopic' }, Protocol: 'email', Endpoint: address },
        },
      }

const watches = (id: string, type: string, properties: Record<string, unknown>): readonly Watch[] => {
  const ref = { Ref: id }
  switch (type) {
    case 'AWS::Lambda::Function': {
      const on = (metric: string, text: string): Watch => ({
        namespace: 'AWS/Lambda',
        metric,
        dimensions: { FunctionName: ref },
        text: `${String(properties.FunctionName)} ${text}`,
      })
      return [on('Errors', 'ended with an error'), on('Throttles', 'was throttled')]
    }
    case 'AWS::StepFunctions::StateMachine': {
      const on = (metric: string, text: string): Watch => ({
        namespace: 'AWS/States',
        metric,
        dimensions: { StateMachineArn: ref },
        text: `${String(properties.StateMachineName)}: ${text}`,
      })
      return [on('ExecutionsFailed', 'executions failed'), on('ExecutionsTimedOut', 'executions timed out')]
    }
    case 'AWS::SQS::Queue':
      return [
        {
          namespace: 'AWS/SQS',
          metric: 'ApproximateAgeOfOldestMessage',
          dimensions: { QueueName: { 'Fn::GetAtt': [id, 'QueueName'] } },
          text: 'Something that could not be delivered waits to be looked at',
          statistic: 'Maximum',
        },
      ]
    default:
      return []
  }
}

const alarm = ({ namespace, metric, dimensions, text, statistic = 'Sum', above = 0 }: Watch): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmDescription: text,
    Namespace: namespace,
    MetricName: metric,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Statistic: statistic,
    Period: periodSeconds,
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: above,
    TreatMissingData: 'notBreaching',
    AlarmActions: [{ Ref: 'AlarmTopic' }],
  },
})
