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

/// An explanation with its picture: what its parts are made of.
public struct DrawnResult: Sendable {
  /// What is written.
  public let explanation: Explanation
  /// How.
  public let style: ResultStyle
  /// What the map's values are coloured by; viewers open the volume with its ends.
  let scale: OverlayScale
  private let overlay: Volume
  private let anatomy: Ahead<MontageAnatomy>
  private let options: MontageOptions

  /// - Parameter anatomy: the explanation's, made for pictures.
  init(_ explanation: Explanation, _ style: ResultStyle, on anatomy: Ahead<MontageAnatomy>) throws(PellucidError) {
    self.explanation = explanation
    self.style = style
    self.anatomy = anatomy
    var options = MontageOptions()
    options.title = explanation.title
    options.subtitle = explanation.record.answer
    options.label = "relevance (\(explanation.scoreName))"
    options.range = style.limits
    if explanation.relevance.measure == .regional { options.interpolation = .nearest }
    try options.check()
    self.options = options
    overlay = explanation.overlay
    scale = OverlayScale(of: [overlay.voxels], options: options)
  }

  /// The picture, laid out anew by whoever asks: the other parts need not wait for it.
  func montage() throws(PellucidError) -> Montage {
    try Montage(anatomy: anatomy.value(), overlay: overlay, scale: scale, options: options)
  }
}

extension Explanation {
  /// What stands above its pictures.
  var title: String { "\(stem) · \(caption) · \(target.name)" }
}

extension ResultRecord {
  /// What the network said, in words: of many classes the four that matter, which are those explained, then the highest.
  package var answer: String {
    let answers = Array(zip(classes, probabilities ?? scores))
    let explained = zip(target.classes, target.weights).filter { $0.1 != 0 }.map(\.0)
    func isExplained(_ place: Int) -> Bool { explained.contains(answers[place].0) }
    let first = answers.indices.sorted {
      isExplained($0) == isExplained($1) ? answers[$0].1 > answers[$1].1 : isExplained($0)
    }
    let parts = first.prefix(4).sorted().map { "\(answers[$0].0) \(FixedPoint.text(Double(answers[$0].1), digits: 3))" }
    return (parts + (answers.count > 4 ? ["…"] : [])).joined(separator: " · ")
  }
}
