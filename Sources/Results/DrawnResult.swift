internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFigures
internal import PellucidNetworks
internal import PellucidTables
internal import PellucidVolumes

/// How results are drawn and laid out.
public struct ResultStyle: Sendable {
  /// The values at the ends of the pictures' colours, to compare scans; nil: each map's own.
  public var limits: ClosedRange<Double>?
  /// The column by which region tables are sorted; nil: label order.
  public var sort: String?

  /// Each map's own colours, tables in label order.
  public init(limits: ClosedRange<Double>? = nil, sort: String? = nil) {
    self.limits = limits
    self.sort = sort
  }
}

/// An explanation with its picture laid out: what its parts are made of.
public struct DrawnResult: Sendable {
  /// What is written.
  public let explanation: Explanation
  /// How.
  public let style: ResultStyle
  /// The montage; its colours' end is also what viewers open the volume with.
  let montage: Montage

  init(_ explanation: Explanation, _ style: ResultStyle) throws(PellucidError) {
    self.explanation = explanation
    self.style = style
    var options = MontageOptions()
    options.title = explanation.title
    options.subtitle = explanation.record.answer
    options.label = "relevance (\(explanation.scoreName))"
    options.range = style.limits
    if explanation.relevance.measure == .regional { options.interpolation = .nearest }
    montage = try Montage(anatomy: explanation.anatomy, overlay: explanation.overlay, options: options)
  }
}

extension Explanation {
  /// What stands above its pictures.
  var title: String { "\(stem) · \(caption) · \(target.name)" }
}

extension ResultRecord {
  /// What the network said, in words.
  var answer: String {
    let parts = zip(classes, probabilities ?? scores).prefix(4).map {
      "\($0) \(FixedPoint.text(Double($1), digits: 3))"
    }
    return parts.joined(separator: "   ") + (classes.count > 4 ? "   …" : "")
  }
}
