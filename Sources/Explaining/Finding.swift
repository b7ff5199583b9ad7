internal import PellucidAttribution
package import PellucidFaults
internal import PellucidNetworks
internal import PellucidResults

/// What a method found in a case, on the network's grid: all that the network is needed for.
///
/// ``Explainer/explanation(of:)`` does the rest, which may go on beside the next method.
package struct Finding: Sendable {
  let subject: Explainer.Case
  let question: Question
  let kind: ScoreKind
  let method: any AttributionMethod
  let relevance: Relevance
  /// What was mended or decided on the way, with what was heard of the scan's files.
  let notes: [Note]
  /// What of it the record is not enough for.
  package let told: [Note]
  /// The options in force.
  let settings: OptionValues
  let seconds: Double
  let passes: PassCount
  /// The part of further inputs, such as an age.
  let shares: [ResultRecord.InputShare]
}
