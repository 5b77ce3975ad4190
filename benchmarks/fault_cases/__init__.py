"""What can go wrong with files, names, values and calls: small cases in groups, each with how it should end."""
