print("pellucid: under construction")
