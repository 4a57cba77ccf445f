import type { OperationsSettings, Resource } from './service.ts'

/** Limits on the stage: one for all routes, a lower one for each that writes. */
export const throttleRoutes = (
  resources: Readonly<Record<string, Resource>>,
  { ratePerSecond, burst, writeRatePerSecond, writeBurst }: OperationsSettings['throttle'],
): void => {
  const routes = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::ApiGatewayV2::Route')
  const writes = routes.filter(([, { Properties }]) => !String(Properties.RouteKey).startsWith('GET '))
  for (const stage of Object.values(resources)) {
    if (stage.Type !== 'AWS::ApiGatewayV2::Stage') continue
    Object.assign(stage.Properties, {
      DefaultRouteSettings: {
        ...(stage.Properties.DefaultRouteSettings as object),
        ThrottlingRateLimit: ratePerSecond,
        ThrottlingBurstLimit: burst,
      },
      RouteSettings: Object.fromEntries(
        writes.map(([, { Properties }]) => [
          String(Properties.RouteKey),
          { ThrottlingRateLimit: writeRatePerSecond, ThrottlingBurstLimit: writeBurst },
        ]),
      ),
    })
    // Settings of a route that is not there yet are refused.
    stage.DependsOn = [...[stage.DependsOn ?? []].flat(), ...routes.map(([id]) => id)]
  }
}
