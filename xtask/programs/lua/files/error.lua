-- An error that nobody can catch ends the program, and what was printed is there.
print("before")
local nothing
print(nothing.field)
