// Pointers and nuint sizes are the point of the library; CLS has neither.
[assembly: CLSCompliant(false)]
