/// A sum of multiples of numbers that are known by their bounds alone, and a constant: c + Σ aᵢ·xᵢ.
///
/// Two values that are the same combination of the same numbers are recognised as such, so that p and 1 − p, or the parts of several softmaxes,
/// are found to add up to 1.
struct LinearForm: Hashable {
  var constant: Double
  /// Factors by the unknown's place; none is 0.
  var terms: [Int: Double]

  init(constant: Double = 0, terms: [Int: Double] = [:]) {
    self.constant = constant
    self.terms = terms
  }

  /// An unknown itself.
  init(atom: Int) { self.init(terms: [atom: 1]) }

  var isConstant: Bool { terms.isEmpty }

  /// The unknown that it is, alone and unchanged.
  var atom: Int? {
    guard constant == 0, terms.count == 1, let term = terms.first, term.value == 1 else { return nil }
    return term.key
  }

  /// The same with another form's multiple added.
  func adding(_ other: LinearForm, times factor: Double = 1) -> LinearForm {
    guard factor != 0 else { return self }
    var sum = self
    sum.constant += factor * other.constant
    for (atom, value) in other.terms {
      let total = (sum.terms[atom] ?? 0) + factor * value
      sum.terms[atom] = abs(total) < 1e-12 ? nil : total
    }
    return sum
  }

  func scaled(by factor: Double) -> LinearForm { LinearForm().adding(self, times: factor) }

  /// Where it lies, for these bounds of the unknowns.
  func range(_ atoms: [Interval]) -> Interval {
    terms.reduce(Interval(constant)) { $0 + atoms[$1.key].scaled(by: $1.value) }
  }

  /// The same without what float32 weights leave where larger terms cancel.
  func withoutRounding(_ tolerance: Double) -> LinearForm {
    LinearForm(constant: constant, terms: terms.filter { abs($0.value) > tolerance })
  }
}
